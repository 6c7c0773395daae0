/** A Nexmark query as a job of several processes: killed behind a checkpoint, rescaled, killed again, and ended. */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { CheckpointWatch } from '../../support/checkpoint-watch.ts'
import { JobProcesses } from '../../support/job-processes.ts'
import { startJob } from '../../support/medallion.ts'
import { isAlive } from '../../support/process-state.ts'
import { type StartedProcess, until } from '../../support/run-process.ts'
import type { KilledRun, Victim } from './killed-run-plan.ts'

const WORKERS = 2
/** A worker whose coordinator is gone ends by itself within this. */
const ORPHAN_LIFE_MS = 10_000
const DEADLINE_MS = 300_000

export interface KilledQueryOptions {
  readonly dataDir: string
  /** For what the processes note. */
  readonly scratch: string
  readonly run: KilledRun
  /** How many there are. */
  readonly events: number
  /** How far the position of a split goes for each of its records. */
  readonly positionsPerRecord: number
  /** Of each reader, while it is to be killed. */
  readonly rowsPerSecond: number
  /** What the job reads, and its clock. */
  readonly env: Readonly<Record<string, string>>
}

export interface KillRecord {
  readonly victim: Victim
  readonly parallelism: number
  readonly checkpoint: bigint
  readonly recordsInFlight: number
}

/** Of each reader. */
interface Pace {
  readonly rowsPerSecond: number
  readonly rowsPerCheckpoint: number
}

export class KilledQuery {
  private readonly options: KilledQueryOptions
  private readonly processes: JobProcesses
  private readonly checkpoints: CheckpointWatch
  private readonly coordinators: StartedProcess[] = []
  private killedAtMs = 0
  private checkpointAtKill = 0n

  constructor(options: KilledQueryOptions) {
    const { dataDir, scratch, run } = options
    mkdirSync(scratch, { recursive: true })
    this.options = options
    this.processes = new JobProcesses(scratch)
    this.checkpoints = new CheckpointWatch(join(dataDir, `checkpoints/nexmark-${run.query}`))
  }

  /** Kills as planned, and lets the last attempt come to its end. @returns what was in flight at each kill */
  async run(): Promise<readonly KillRecord[]> {
    const { run, events, rowsPerSecond } = this.options
    const { victims, parallelisms } = run
    const records: KillRecord[] = []
    // However slow checkpoints are, the input outlasts those before the second kill.
    const rowsPerCheckpoint = Math.ceil(events / 20)
    const unpaced = { rowsPerSecond: events, rowsPerCheckpoint: events }
    for (const [index, victim] of victims.entries()) {
      const parallelism = parallelisms[index]!
      const coordinator = this.submit(parallelism, [], { rowsPerSecond, rowsPerCheckpoint })
      await this.untilReadBeyond(coordinator, (events * (index + 1)) / (victims.length + 2))
      records.push(await this.kill(coordinator, victim, parallelism))
    }
    const last = this.submit(parallelisms[victims.length]!, ['--until', 'latest', '--drain'], unpaced)
    const { code, stderr } = await last.ended
    if (code !== 0) throw new Error(`the last attempt ended with ${code}: ${stderr}`)
    for (const { pid } of this.coordinators) {
      const left = () => this.processes.workersOf(pid)
      await until(`the workers of coordinator ${pid} to end`, () => left().length === 0, ORPHAN_LIFE_MS)
    }
    return records
  }

  /** For the end of a test, whatever became of the job. */
  async end(): Promise<void> {
    for (const { pid, ended } of this.coordinators) {
      for (const each of [pid, ...this.processes.workersOf(pid)]) if (isAlive(each)) process.kill(each, 'SIGKILL')
      await ended
    }
  }

  private submit(
    parallelism: number,
    args: readonly string[],
    { rowsPerSecond, rowsPerCheckpoint }: Pace,
  ): StartedProcess {
    const { dataDir, run, env } = this.options
    const shape = ['--parallelism', String(parallelism), '--workers', String(Math.min(parallelism, WORKERS))]
    const coordinator = startJob(`jobs/nexmark/${run.query}.ts`, dataDir, [...shape, ...args], {
      imports: ['test/support/process-roll.ts', 'test/support/paced-reader.ts', 'test/support/pinned-clock.ts'],
      env: {
        ...env,
        ...this.processes.env,
        SLUICE_TEST_ROWS_PER_SECOND: String(rowsPerSecond),
        SLUICE_TEST_MOST_ROWS_PER_CHECKPOINT: String(rowsPerCheckpoint),
        CHECKPOINT_INTERVAL: '300ms',
      },
    })
    this.coordinators.push(coordinator)
    return coordinator
  }

  /** And a checkpoint is complete that the kill before had not seen, with records read behind it. */
  private async untilReadBeyond(coordinator: StartedProcess, events: number): Promise<void> {
    let ended = false
    void coordinator.ended.then(() => {
      ended = true
    })
    const isTime = async () => {
      if (ended) throw new Error(`the job ended by itself: ${coordinator.stderr()}`)
      const manifest = await this.checkpoints.manifest()
      if (manifest === undefined || manifest.checkpointId <= this.checkpointAtKill) return false
      const splits = Object.values(manifest.sources).flat()
      const read = splits.reduce((sum, { start, position }) => sum + Number(position) - Number(start), 0)
      return read / this.options.positionsPerRecord >= events && (await this.recordsInFlight(Date.now())) > 0
    }
    try {
      await until(`${events} events read, and a checkpoint`, isTime, DEADLINE_MS)
    } catch (cause) {
      throw new Error(`${(cause as Error).message}; the coordinator said: ${coordinator.stderr()}`, { cause })
    }
  }

  private async kill(coordinator: StartedProcess, victim: Victim, parallelism: number): Promise<KillRecord> {
    const workers = this.processes.workersOf(coordinator.pid)
    const atMs = Date.now()
    for (const pid of victim === 'workers' ? workers : [coordinator.pid]) process.kill(pid, 'SIGKILL')
    // Without a worker the coordinator ends too: it is told not to restart.
    const { code, signal, stderr } = await coordinator.ended
    if (victim === 'coordinator' ? signal !== 'SIGKILL' : code === 0 || code === null) {
      throw new Error(`the coordinator ended with ${code ?? signal} when the ${victim} had been killed: ${stderr}`)
    }
    const checkpoint = await this.checkpoints.lastId()
    const recordsInFlight = await this.recordsInFlight(atMs)
    this.killedAtMs = atMs
    this.checkpointAtKill = checkpoint
    return { victim, parallelism, checkpoint, recordsInFlight }
  }

  /** Read by the attempt that runs, by then, beyond what the newest checkpoint has. */
  private async recordsInFlight(atMs: number): Promise<number> {
    const positions = this.processes.readBeyond(await this.checkpoints.manifest(), this.killedAtMs, atMs)
    return Math.round(positions / this.options.positionsPerRecord)
  }
}
