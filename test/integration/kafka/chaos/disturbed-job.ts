/** The copying job in a coordinator and two workers, for those who disturb it: started again at will, watched by its checkpoints. */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { openTopics } from '../../../../runtime/compose/index.ts'
import { findCoordinator } from '../../../../runtime/control/find-coordinator.ts'
import { systemClock } from '../../../../runtime/time/system-clock.ts'
import { ArmedFault } from '../../../support/armed-fault.ts'
import { CheckpointWatch } from '../../../support/checkpoint-watch.ts'
import { JobProcesses } from '../../../support/job-processes.ts'
import { configOf, startJob } from '../../../support/medallion.ts'
import { isAlive } from '../../../support/process-state.ts'
import { type StartedProcess, until } from '../../../support/run-process.ts'
import { type SecondMachine, secondMachine } from '../../../support/second-machine.ts'
import { recordingLogger } from '../../../support/silent.ts'
import { COPY_ENV, jobName, KEYS, numbersTopic, PARTITIONS } from './names.ts'

const WORKERS = 2
const SHAPE = ['--parallelism', String(PARTITIONS), '--workers', String(WORKERS)]
const APPENDED_AT_ONCE = 5_000
/** Until a checkpoint is complete behind whatever has been done to the job. */
const RECOVERY_MS = 120_000

export interface DisturbedJobOptions {
  readonly name: string
  readonly directory: string
  readonly bootstrapServers: readonly string[]
  /** Of all readers together, while it is disturbed. */
  readonly rowsPerSecond: number
}

export class DisturbedJob {
  readonly name: string
  readonly dataDir: string
  readonly processes: JobProcesses
  readonly checkpoints: CheckpointWatch
  readonly fault: ArmedFault
  /** That which has the job now. */
  coordinator!: StartedProcess
  private readonly options: DisturbedJobOptions
  private readonly started: StartedProcess[] = []
  /** Where it runs. */
  private machine: SecondMachine

  constructor(options: DisturbedJobOptions) {
    const { name, directory } = options
    this.options = options
    this.name = name
    this.dataDir = join(directory, 'data')
    mkdirSync(this.dataDir, { recursive: true })
    this.machine = { dataDir: this.dataDir, env: {} }
    this.processes = new JobProcesses(directory)
    this.checkpoints = new CheckpointWatch(join(this.dataDir, 'checkpoints', jobName(name)))
    this.fault = new ArmedFault(join(directory, 'fault'))
  }

  /** Puts numbers into the topic that the job reads: 0, 1, 2 …, each with a key. */
  async publish(count: number): Promise<void> {
    const config = configOf(this.dataDir, this.brokers)
    const system = await openTopics(config, { clock: systemClock, logger: recordingLogger() })
    try {
      await system.ensureTopic(numbersTopic(this.name), { partitions: PARTITIONS })
      for (let from = 0; from < count; from += APPENDED_AT_ONCE) {
        const records = Array.from({ length: Math.min(APPENDED_AT_ONCE, count - from) }, (_, i) => {
          const [n, key] = [from + i, (from + i) % KEYS]
          return { key: Buffer.from(String(key)), value: Buffer.from(JSON.stringify({ n, key })) }
        })
        await system.append(numbersTopic(this.name), records, 'all')
      }
    } finally {
      await system.close()
    }
  }

  /** Where it ran before, from its latest checkpoint. */
  start(env: Readonly<Record<string, string>> = {}): StartedProcess {
    this.coordinator = this.submit(SHAPE, this.options.rowsPerSecond, env)
    return this.coordinator
  }

  /** On a machine that the job has not been on: what it has now need not have ended. */
  startElsewhere(env: Readonly<Record<string, string>>): StartedProcess {
    this.machine = secondMachine(this.dataDir, join(this.options.directory, `machine-${this.started.length}`))
    return this.start(env)
  }

  get workers(): readonly number[] {
    return this.processes.workersOf(this.coordinator.pid)
  }

  /** Resolves once a checkpoint is complete that was not when this was called. */
  async untilCheckpoint(): Promise<void> {
    const before = await this.checkpoints.lastId()
    await this.until('a further checkpoint', async () => (await this.checkpoints.lastId()) > before)
  }

  /** Until it holds. @throws when the job has ended by itself, or with what it said when it takes too long */
  async until(what: string, condition: () => boolean | Promise<boolean>): Promise<void> {
    const { pid } = this.coordinator
    await this.inTime(what, () => {
      if (!isAlive(pid)) throw new Error('the job has ended by itself')
      return condition()
    })
  }

  async rescale(parallelism: number): Promise<void> {
    const { client } = (await findCoordinator(jobName(this.name), {
      run: join(this.machine.dataDir, 'run'),
      clock: systemClock,
    }))!
    await client.rescale(jobName(this.name), { parallelism })
  }

  /**
   * Ends it with a savepoint, and lets it run on, undisturbed and unpaced, to the end of its input.
   *
   * @returns how many records it had read by the savepoint
   */
  async finish(): Promise<number> {
    await this.untilCheckpoint()
    const { coordinator } = this
    coordinator.kill('SIGINT')
    await this.inTime('the job to stop', () => !isAlive(coordinator.pid))
    const stopped = await coordinator.ended
    if (stopped.code !== 130) throw new Error(`the job did not stop (exit code ${stopped.code}): ${stopped.stderr}`)
    const { sources } = (await this.checkpoints.manifest())!
    const read = Object.values(sources).flat()
    const last = this.submit([...SHAPE, '--until', 'latest', '--drain'], 10_000_000, {})
    const { code, stderr } = await last.ended
    if (code !== 0) throw new Error(`the last run ended with ${code}: ${stderr}`)
    return read.reduce((sum, { position }) => sum + Number(position), 0)
  }

  /** Kills what is left, stopped or not, whatever became of the job. */
  async end(): Promise<void> {
    for (const { pid, ended } of this.started) {
      for (const each of [...this.processes.workersOf(pid), pid]) if (isAlive(each)) process.kill(each, 'SIGKILL')
      await ended
    }
  }

  private async inTime(what: string, condition: () => boolean | Promise<boolean>): Promise<void> {
    const { coordinator } = this
    await until(what, condition, RECOVERY_MS).catch((cause: Error) => {
      throw new Error(`${cause.message}; the coordinator said: ${coordinator.stderr().slice(-4_000)}`, { cause })
    })
  }

  private submit(
    args: readonly string[],
    rowsPerSecond: number,
    env: Readonly<Record<string, string>>,
  ): StartedProcess {
    const { machine, options } = this
    const started = startJob('test/integration/kafka/chaos/copy-job.ts', machine.dataDir, args, {
      imports: ['test/support/process-roll.ts', 'test/support/paced-reader.ts', 'test/support/spare-stopped.ts'],
      env: {
        ...this.brokers,
        ...this.processes.env,
        ...machine.env,
        [COPY_ENV]: options.name,
        SLUICE_FAULT_FILE: this.fault.file,
        SLUICE_TEST_ROWS_PER_SECOND: String(Math.ceil(rowsPerSecond / PARTITIONS)),
        CHECKPOINT_INTERVAL: '500ms',
        // Whoever stands still is told dead within seconds, and a lost reply is missed as soon.
        HEARTBEAT_INTERVAL: '500ms',
        HEARTBEAT_TIMEOUT: '4s',
        KAFKA_REQUEST_TIMEOUT: '4s',
        KAFKA_CONNECT_TIMEOUT: '4s',
        RESTART_STRATEGY: 'fixed-delay',
        RESTART_ATTEMPTS: '100000',
        RESTART_DELAY: '100ms',
        ...env,
      },
    })
    this.started.push(started)
    return started
  }

  private get brokers(): Readonly<Record<string, string>> {
    return { KAFKA_BOOTSTRAP_SERVERS: this.options.bootstrapServers.join(','), KAFKA_CLIENT: KAFKA_CLIENT }
  }
}

/** The default, unless the environment names another. */
const KAFKA_CLIENT = process.env['KAFKA_CLIENT'] ?? 'kafkajs'
