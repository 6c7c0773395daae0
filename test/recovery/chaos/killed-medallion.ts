/** The medallion job in a coordinator and two workers, all of them killed again and again while it reads. */
import { join } from 'node:path'
import { ArmedFault } from '../../support/armed-fault.ts'
import { CheckpointWatch } from '../../support/checkpoint-watch.ts'
import { JobProcesses } from '../../support/job-processes.ts'
import { startMedallion } from '../../support/medallion.ts'
import { isAlive } from '../../support/process-state.ts'
import { runProcess, type StartedProcess, until } from '../../support/run-process.ts'
import { type FaultKill, isPassedInRecovery, type Kill, type RandomKill } from './kill-plan.ts'
import type { KillRecord } from './kill-report.ts'

export const PARALLELISM = 4
export const WORKERS = 2
const SHAPE = ['--parallelism', String(PARALLELISM), '--workers', String(WORKERS)]
/** Of each of the four readers. */
const ROWS_PER_SECOND = 100
/** A worker whose coordinator is gone ends by itself within this. */
const ORPHAN_LIFE_MS = 10_000
const DEADLINE_MS = 120_000

export interface KilledMedallionOptions {
  readonly dataDir: string
  /** For what the processes note. */
  readonly scratch: string
  readonly kills: readonly Kill[]
  readonly onKill: (record: KillRecord) => void
}

export class KilledMedallion {
  private readonly options: KilledMedallionOptions
  private readonly fault: ArmedFault
  private readonly processes: JobProcesses
  private readonly checkpoints: CheckpointWatch
  private readonly orphans: Promise<void>[] = []
  private readonly commands: Promise<void>[] = []
  private readonly records: KillRecord[] = []
  private coordinator: StartedProcess
  /** What a coordinator said that ended by itself. */
  private failed: string | undefined
  private killedAtMs = 0
  private checkpointAtKill = 0n

  constructor(options: KilledMedallionOptions) {
    const { dataDir, scratch } = options
    this.options = options
    this.fault = new ArmedFault(join(scratch, 'fault'))
    this.processes = new JobProcesses(scratch)
    this.checkpoints = new CheckpointWatch(join(dataDir, 'checkpoints/medallion'))
    this.coordinator = this.submit()
  }

  /** Kills as planned; the job runs on behind the last kill. */
  async run(): Promise<readonly KillRecord[]> {
    const { kills } = this.options
    for (const [index, kill] of kills.entries()) {
      const next = kills[index + 1]
      if (kill.at === 'random') {
        await this.waitForMoment(kill)
        // The attempt that this kill makes begin is to meet it.
        if (next !== undefined && next.at !== 'random' && isPassedInRecovery(next.at)) this.fault.arm(next.at, 'kill')
        await this.killAtRandom(kill)
      } else {
        if (!isPassedInRecovery(kill.at)) {
          await this.waitForCheckpoint()
          this.fault.arm(kill.at, 'kill')
        } else if (index === 0 || kills[index - 1]!.at !== 'random') {
          throw new Error(`nothing makes an attempt begin before the kill at ${kill.at}`)
        }
        await this.killAtFault(kill.at)
      }
    }
    await Promise.all([...this.orphans, ...this.commands])
    // Those too that had only just been launched.
    for (const { role, pid } of this.records) if (role === 'coordinator') await this.orphansEnd(pid)
    return this.records
  }

  /** Ends the job with a savepoint. */
  async stop(): Promise<void> {
    await this.waitForCheckpoint()
    this.coordinator.kill('SIGINT')
    const { code, stderr } = await this.coordinator.ended
    if (code !== 130) throw new Error(`the job did not stop (exit code ${code}): ${stderr}`)
  }

  /** For the end of a test, whatever became of the job. */
  async end(): Promise<void> {
    const pids = [this.coordinator.pid, ...this.processes.workersOf(this.coordinator.pid)]
    for (const pid of pids) if (isAlive(pid)) process.kill(pid, 'SIGKILL')
    await this.coordinator.ended
  }

  private submit(): StartedProcess {
    const coordinator = startMedallion(this.options.dataDir, SHAPE, {
      imports: ['test/support/process-roll.ts', 'test/support/paced-reader.ts'],
      env: {
        ...this.processes.env,
        SLUICE_FAULT_FILE: this.fault.file,
        SLUICE_TEST_ROWS_PER_SECOND: String(ROWS_PER_SECOND),
        CHECKPOINT_INTERVAL: '300ms',
        RESTART_STRATEGY: 'fixed-delay',
        RESTART_ATTEMPTS: '100000',
        RESTART_DELAY: '50ms',
      },
    })
    void coordinator.ended.then((result) => {
      if (result.signal !== 'SIGKILL' && result.code !== 130) this.failed = result.stderr
    })
    return coordinator
  }

  private async waitForMoment({ soon, delayMs }: RandomKill): Promise<void> {
    if (!soon) await this.waitForCheckpoint()
    const atMs = Date.now() + delayMs
    await this.until('a random moment', () => Date.now() >= atMs)
  }

  /** Until a checkpoint is complete that the last kill had not seen, and readers have read beyond it. */
  private async waitForCheckpoint(): Promise<void> {
    await this.until('a checkpoint behind the last kill', async () => {
      if ((await this.checkpoints.lastId()) <= this.checkpointAtKill) return false
      return (await this.recordsInFlight(Date.now())) > 0
    })
  }

  private async killAtRandom({ role }: RandomKill): Promise<void> {
    let pid: number | undefined
    await this.until(`a ${role} to kill`, () => {
      const workers = this.processes.workersOf(this.coordinator.pid)
      pid = role === 'coordinator' ? this.coordinator.pid : workers[Math.floor(Math.random() * workers.length)]
      return pid !== undefined
    })
    process.kill(pid!, 'SIGKILL')
    await this.killed('random', pid!, Date.now())
  }

  private async killAtFault(at: FaultKill['at']): Promise<void> {
    let passed = false
    if (at === 'rescale.after-savepoint') this.commands.push(this.rescaleUntil(() => passed))
    await this.until(`${at} to be passed`, () => this.fault.claim() !== undefined)
    passed = true
    const { pid, atMs } = this.fault.claim()!
    await this.killed(at, pid, atMs)
  }

  /** The coordinator refuses while its job is not running, and is killed over it in the end. */
  private async rescaleUntil(isOver: () => boolean): Promise<void> {
    const { dataDir } = this.options
    const args = ['rescale', 'medallion', '--parallelism', String(PARALLELISM - 1), '--data-dir', dataDir]
    while (!isOver() && this.failed === undefined) await runProcess('runtime/cli/main.ts', args)
  }

  private async killed(at: Kill['at'], pid: number, atMs: number): Promise<void> {
    const role = pid === this.coordinator.pid ? 'coordinator' : 'worker'
    await until(`the ${role} ${pid} is dead`, () => !isAlive(pid))
    if (role === 'coordinator') {
      const orphans = this.orphansEnd(pid)
      // Awaited behind the last kill; until then it must not end the test in a way of its own.
      orphans.catch(() => {})
      this.orphans.push(orphans)
      this.coordinator = this.submit()
    }
    const checkpointId = await this.checkpoints.lastId()
    const record: KillRecord = {
      number: this.records.length + 1,
      at,
      role,
      pid,
      recordsInFlight: await this.recordsInFlight(atMs),
      checkpoints: Number(checkpointId - this.checkpointAtKill),
    }
    this.killedAtMs = atMs
    this.checkpointAtKill = checkpointId
    this.records.push(record)
    this.options.onKill(record)
  }

  private async orphansEnd(coordinator: number): Promise<void> {
    await until(
      `the workers of coordinator ${coordinator}, which was killed, to end`,
      () => this.processes.workersOf(coordinator).length === 0,
      ORPHAN_LIFE_MS,
    )
  }

  /** Read by the attempt that runs, by then, beyond what the newest checkpoint has. */
  private async recordsInFlight(atMs: number): Promise<number> {
    return this.processes.readBeyond(await this.checkpoints.manifest(), this.killedAtMs, atMs)
  }

  private async until(what: string, condition: () => boolean | Promise<boolean>): Promise<void> {
    const checked = () => {
      if (this.failed !== undefined) throw new Error(`the job ended by itself: ${this.failed}`)
      return condition()
    }
    try {
      await until(what, checked, DEADLINE_MS)
    } catch (cause) {
      throw new Error(`${(cause as Error).message}; the coordinator said: ${this.coordinator.stderr()}`, { cause })
    }
  }
}
