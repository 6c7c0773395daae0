/** A job of a session: a process of its own, started again when it was killed, not when it has ended by itself. */
import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import type { Clock } from '../../../topology/contract/clock.ts'
import type { ExceptionEntry, JobState } from '../../../topology/contract/job-detail.ts'
import type { Logger } from '../../../topology/contract/observability.ts'
import { isSluiceError, SluiceError } from '../../../topology/errors.ts'
import { ExitCode } from '../../cli/exit-code.ts'
import { describeError } from '../../observability/describe-error.ts'
import { readAnnouncement } from '../announcement.ts'
import { type Coordinator, findCoordinator } from '../find-coordinator.ts'
import { followFile } from '../follow-file.ts'
import { isAlive } from '../process-alive.ts'
import { runFiles } from '../run-directory.ts'
import { lastError } from './last-error.ts'
import { removeSubmission, type Submission, writeSubmission } from './submission.ts'

export interface SessionJobOptions {
  /** Absolute path of `run/` under the data directory. */
  readonly run: string
  readonly clock: Clock
  readonly logger: Logger
  /** Executable, arguments and environment of its coordinator's next start. */
  readonly command: (submission: Submission) => Promise<JobCommand>
}

export interface JobCommand {
  readonly executable: string
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string | undefined>>
  readonly cwd: string
}

/** Between a kill and the next start: doubled with each, from the first again after a long enough life. */
const FIRST_DELAY_MS = 1_000
const MAX_DELAY_MS = 60_000
const LONG_LIFE_MS = 5 * 60_000

const WATCH_INTERVAL_MS = 1_000

/** By itself, or on a signal, with its savepoint. */
const WELL_ENDED: readonly number[] = [ExitCode.ok, ExitCode.interrupted, ExitCode.terminated]

export class SessionJob {
  readonly id: string
  /** Resolves when it has ended and is not started again. */
  readonly ended: Promise<void>
  private readonly options: SessionJobOptions
  private readonly settle: () => void
  private submitted: Submission
  private pid: number | undefined
  private timer: Disposable | undefined
  private aliveSinceMs = 0
  private delayMs = FIRST_DELAY_MS
  /** Asked to end: whatever ends it then is its end. */
  private ending: 'stop' | 'cancel' | undefined
  private current: JobState = 'INITIALIZING'
  private endTimeMs: number | null = null
  private readonly failures: ExceptionEntry[] = []

  constructor(submission: Submission, options: SessionJobOptions) {
    this.id = submission.id
    this.submitted = submission
    this.options = options
    const { promise, resolve } = Promise.withResolvers<void>()
    this.ended = promise
    this.settle = resolve
  }

  get submission(): Submission {
    return this.submitted
  }

  /** As far as the session knows it: INITIALIZING, also when the coordinator knows better; SUSPENDED; or how it has ended. */
  get state(): JobState {
    return this.current
  }

  get hasEnded(): boolean {
    return this.endTimeMs !== null
  }

  get endedAtMs(): number | null {
    return this.endTimeMs
  }

  /** What its coordinator could not tell any more, the newest first. */
  get exceptions(): readonly ExceptionEntry[] {
    return this.failures.toReversed()
  }

  /** Its coordinator; undefined while none answers yet, or any more. @throws {SluiceError} `COORDINATOR_SILENT` */
  async coordinator(signal?: AbortSignal): Promise<Coordinator | undefined> {
    if (this.pid === undefined) return undefined
    const { run, clock } = this.options
    const found = await findCoordinator(this.id, { run, clock, ...(signal === undefined ? {} : { signal }) })
    return found?.announcement.pid === this.pid ? found : undefined
  }

  /** Starts its first process. @throws when there is no such program */
  async start(): Promise<void> {
    writeSubmission(this.options.run, this.submitted)
    await this.spawn('w')
  }

  /** Goes on after a session that is gone: with the process that it had, or with a new one where that was killed. */
  async recover(): Promise<void> {
    const { run, clock } = this.options
    const announcement = readAnnouncement(run, this.id)
    // A coordinator that ends by itself leaves none behind.
    if (announcement === undefined) return this.end(await this.vanishedState())
    this.pid = announcement.pid
    this.aliveSinceMs = clock.monotonicMs()
    if (await this.isThere()) this.watch()
    else this.killed(null)
  }

  /** Keeps what a change asks for, so that the next start has it. */
  amend(change: Partial<Submission['request']>): void {
    this.submitted = { ...this.submitted, request: { ...this.submitted.request, ...change } }
    writeSubmission(this.options.run, this.submitted)
  }

  /** The end that comes is a cancellation, and no reason to start again. */
  canceling(): void {
    this.ending = 'cancel'
  }

  /** Has it stop with a savepoint, or end at once where there is no process. Resolves when it has ended. */
  async terminate(how: 'stop' | 'cancel'): Promise<void> {
    this.ending = how
    if (this.pid === undefined) {
      this.timer?.[Symbol.dispose]()
      this.end('CANCELED')
    } else {
      signal(this.pid, how === 'stop' ? 'SIGTERM' : 'SIGKILL')
    }
    await this.ended
  }

  private async spawn(logFlags: 'w' | 'a'): Promise<void> {
    const { run, clock, logger, command } = this.options
    const { executable, args, env, cwd } = await command(this.submitted)
    if (this.hasEnded) return
    const log = openSync(runFiles(run).jobLog(this.id), logFlags, 0o600)
    let child: ChildProcess
    try {
      // Its own process group: a Ctrl-C in the session's terminal is the session's to pass on.
      child = spawn(executable, args, {
        cwd,
        env: env as NodeJS.ProcessEnv,
        detached: true,
        stdio: ['ignore', log, log],
      })
    } finally {
      closeSync(log)
    }
    this.pid = child.pid
    this.current = 'INITIALIZING'
    this.aliveSinceMs = clock.monotonicMs()
    child.on('exit', (code, by) => void this.exited(code, by))
    await new Promise<void>((resolve, reject) => child.once('spawn', resolve).once('error', reject))
    logger.info(
      { event: 'job-process-started', job: this.id, child: child.pid },
      `job ${this.id}: process ${child.pid}`,
    )
  }

  private async exited(code: number | null, by: NodeJS.Signals | null): Promise<void> {
    const asked = this.ending !== undefined || by === 'SIGTERM' || by === 'SIGINT'
    if (code === null && !asked) return this.killed(by)
    if (this.ending === 'cancel' || code === null || code === ExitCode.canceled) return this.end('CANCELED')
    if (WELL_ENDED.includes(code)) return this.end('FINISHED')
    this.end('FAILED', (await this.writtenError()) ?? endedBy(this.id, code))
  }

  /** Of a process that is not this one's child: its end is seen late, its exit code never. */
  private watch(): void {
    const { run, clock } = this.options
    const pid = this.pid!
    if (isAlive(pid)) this.timer = clock.schedule(WATCH_INTERVAL_MS, () => this.watch())
    else if (readAnnouncement(run, this.id)?.pid === pid && this.ending === undefined) this.killed(null)
    else void this.vanishedState().then((state) => this.end(state))
  }

  /** Its process may be gone and its number another's. */
  private async isThere(): Promise<boolean> {
    try {
      return (await this.coordinator()) !== undefined
    } catch (error) {
      if (isSluiceError(error, 'COORDINATOR_SILENT')) return true
      throw error
    }
  }

  private async vanishedState(): Promise<JobState> {
    if (this.ending === 'cancel') return 'CANCELED'
    const error = await this.writtenError()
    if (error !== undefined) this.note(error)
    return error === undefined ? 'FINISHED' : 'FAILED'
  }

  private killed(by: NodeJS.Signals | null): void {
    const { clock, logger } = this.options
    const how = by === null ? 'is gone' : `was ended by ${by}`
    const error = new SluiceError(
      'COORDINATOR_KILLED',
      `the coordinator of job ${this.id} (process ${this.pid}) ${how}`,
      {
        fix: 'The session starts it again; it goes on from its last checkpoint.',
        details: { job: this.id, pid: this.pid, signal: by },
      },
    )
    this.note(error)
    this.pid = undefined
    this.current = 'SUSPENDED'
    if (clock.monotonicMs() - this.aliveSinceMs >= LONG_LIFE_MS) this.delayMs = FIRST_DELAY_MS
    logger.warn(
      { event: 'job-process-killed', job: this.id, err: error, delayMs: this.delayMs },
      `${error.message}; it is started again in ${this.delayMs} ms`,
    )
    this.timer = clock.schedule(this.delayMs, () => {
      this.submitted = { ...this.submitted, restarts: this.submitted.restarts + 1 }
      writeSubmission(this.options.run, this.submitted)
      this.spawn('a').catch((cause: unknown) => this.end('FAILED', cause))
    })
    this.delayMs = Math.min(2 * this.delayMs, MAX_DELAY_MS)
  }

  private end(state: JobState, error?: unknown): void {
    if (this.hasEnded) return
    const { run, clock, logger } = this.options
    if (state === 'FAILED' && error !== undefined) this.note(error)
    this.pid = undefined
    this.current = state
    this.endTimeMs = clock.nowMs()
    removeSubmission(run, this.id)
    logger.info({ event: 'job-ended', job: this.id, state }, `job ${this.id} is ${state}`)
    this.settle()
  }

  private note(error: unknown): void {
    const { code, message, fix } = describeError(error)
    this.failures.push({
      atMs: this.options.clock.nowMs(),
      code,
      message,
      fix: fix ?? null,
      stack: null,
      task: null,
      worker: null,
      record: null,
      epoch: '0',
    })
  }

  /** Commands of `runtime` say last why they failed. */
  private async writtenError(): Promise<SluiceError | undefined> {
    const { run, clock } = this.options
    return lastError(await Array.fromAsync(followFile(runFiles(run).jobLog(this.id), clock, { tail: 5 })))
  }
}

function endedBy(id: string, code: number | null): SluiceError {
  return new SluiceError('COORDINATOR_FAILED', `the coordinator of job ${id} ended with exit code ${code}`, {
    fix: `\`runtime logs ${id}\` shows what it said.`,
    details: { job: id, exitCode: code },
  })
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name)
  } catch (error) {
    // Gone already: its end is on its way.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}
