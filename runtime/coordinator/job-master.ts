/**
 * A job from its submission to its end: one attempt after the other, as the restart strategy says, and what users ask of
 * it meanwhile.
 */
import type { CheckpointProgress, JobRun, JobStatus, StopOptions } from '../../topology/contract/job-control.ts'
import type { JobEvent, JobState } from '../../topology/contract/job-detail.ts'
import type { Counter } from '../../topology/contract/observability.ts'
import { SluiceError } from '../../topology/errors.ts'
import { RecentEvents } from '../control/recent-events.ts'
import { faultPoint } from '../fault-point.ts'
import type { MetricsSnapshot } from '../observability/metrics-snapshot.ts'
import { Attempt, type AttemptEnd, AttemptFailed, type AttemptFailure } from './attempt.ts'
import { CheckpointMeter } from './checkpoint-meter.ts'
import { CheckpointStatisticsRecorder, summaryOf } from './checkpoint-statistics.ts'
import { ExceptionHistory } from './exception-history.ts'
import type { JobOptions } from './job-options.ts'
import { reportVertices } from './job-report.ts'
import { PoisonWatch } from './poison-watch.ts'
import { type PreparedAttempt, prepareAttempt } from './prepare-attempt.ts'
import { createRestartStrategy, isLasting, isOfSurroundings, type RestartStrategy } from './restart-strategy.ts'
import { WorkerPool } from './worker-pool.ts'

/** An event before it has its time. */
type NewEvent = JobEvent extends infer E ? (E extends JobEvent ? Omit<E, 'atMs'> : never) : never

/** How many events are kept for those who come later. */
const REMEMBERED_EVENTS = 500
/** How often `progress` is told, milliseconds. */
const PROGRESS_INTERVAL_MS = 1_000

/** States in which nothing comes any more. */
const ENDED: ReadonlySet<JobState> = new Set(['FINISHED', 'CANCELED', 'FAILED'])

export class JobMaster implements JobRun {
  readonly done: Promise<JobStatus>
  readonly pool: WorkerPool
  readonly statistics: CheckpointStatisticsRecorder
  readonly exceptions = new ExceptionHistory()
  readonly events: RecentEvents<JobEvent>
  readonly startedAtMs: number
  readonly options: JobOptions
  private readonly settle = Promise.withResolvers<JobStatus>()
  private readonly started = Promise.withResolvers<void>()
  private readonly strategy: RestartStrategy
  private readonly poison = new PoisonWatch()
  private state_: JobState = 'INITIALIZING'
  private endedAtMs_: number | null = null
  private attempt_: Attempt | undefined
  private prepared: PreparedAttempt | undefined
  private parallelism: number
  private workers: number
  private restarts_ = 0
  private hasRun = false
  private readonly restartCounter: Counter
  /** Begin from it, until an attempt has. */
  private fromSavepoint: string | undefined
  /** When the attempt that a rescale waits for runs, however many fail before it. */
  private running = Promise.withResolvers<void>()
  private canceled = false
  private wake: (() => void) | undefined
  private progressAtMs = Number.NEGATIVE_INFINITY

  constructor(options: JobOptions) {
    const { clock, random, logger, pool, restart, metrics } = options
    this.options = options
    this.parallelism = options.parallelism ?? 1
    this.workers = options.workers ?? 1
    this.fromSavepoint = options.fromSavepoint
    this.startedAtMs = clock.nowMs()
    this.events = new RecentEvents({ capacity: REMEMBERED_EVENTS, origin: String(this.startedAtMs) })
    this.restartCounter = metrics({}).counter('num_restarts_total')
    const meter = new CheckpointMeter(metrics)
    this.statistics = new CheckpointStatisticsRecorder(
      () => clock.nowMs(),
      (checkpoint) => {
        meter.changed(checkpoint)
        this.emit({ type: 'checkpoint', checkpoint: summaryOf(checkpoint) })
      },
    )
    this.strategy = createRestartStrategy(restart, clock, random)
    this.pool = new WorkerPool({
      ...pool,
      clock,
      logger,
      onChange: (session) => this.emit({ type: 'worker', worker: session.detail(0) }),
    })
    this.done = this.settle.promise
    // Whoever awaits them sees the error; a job that nobody awaits must not end the process by it.
    this.done.catch(() => undefined)
    this.started.promise.catch(() => undefined)
    this.running.promise.catch(() => undefined)
  }

  /** Resolves when the job runs. @throws what made it fail before it did */
  async start(): Promise<void> {
    void this.supervise()
    await this.started.promise
  }

  get state(): JobState {
    return this.state_
  }

  get endedAtMs(): number | null {
    return this.endedAtMs_
  }

  /** The attempt that runs, or ran last. */
  get attempt(): Attempt | undefined {
    return this.attempt_
  }

  get restarts(): number {
    return this.restarts_
  }

  status(): JobStatus {
    const { attempt_: attempt } = this
    const point = attempt?.options.point
    const kinds = new Map(attempt?.options.plan.nodes.map((node) => [node.id, node.kind]))
    const nodes = new Map<string, JobStatus['nodes'][number]>()
    for (const task of attempt?.tasks.values() ?? []) {
      for (const { uid, recordsIn, recordsOut, watermarkMs } of task.nodes) {
        const sum = nodes.get(uid)
        nodes.set(uid, {
          uid,
          kind: kinds.get(uid) ?? '',
          recordsIn: recordsIn + (sum?.recordsIn ?? 0),
          recordsOut: recordsOut + (sum?.recordsOut ?? 0),
          watermarkMs: least(watermarkMs, sum === undefined ? watermarkMs : sum.watermarkMs),
        })
      }
    }
    return {
      job: this.options.topology.name,
      state: this.state_,
      epoch: attempt?.options.epoch ?? 0n,
      restoredFrom: point?.location,
      restoredCheckpointId: point?.manifest.checkpointId,
      lastCheckpoint: attempt?.coordinator.lastCheckpoint,
      nodes: [...nodes.values()],
    }
  }

  async stop({ drain = false }: StopOptions = {}): Promise<CheckpointProgress> {
    const attempt = this.requireRunning()
    this.enter('STOPPING')
    attempt.halt()
    return attempt.finish('stopped', 'savepoint', drain)
  }

  /** Takes a savepoint or a checkpoint; the job goes on. */
  async trigger(
    kind: 'checkpoint' | 'savepoint',
    onTriggered?: (checkpointId: bigint) => void,
  ): Promise<CheckpointProgress> {
    return this.requireRunning().coordinator.trigger(kind, onTriggered)
  }

  /**
   * Goes on at another parallelism, from a savepoint taken now. Resolves when the job runs again.
   * @throws {SluiceError} `PARALLELISM`: the job then goes on as it was.
   */
  async rescale({ parallelism, workers }: { readonly parallelism: number; readonly workers?: number }): Promise<void> {
    const attempt = this.requireRunning()
    this.checkParallelism(parallelism, attempt.options.plan.keyGroups)
    this.enter('STOPPING')
    this.running = Promise.withResolvers<void>()
    this.running.promise.catch(() => undefined)
    const before = { parallelism: this.parallelism, workers: this.workers }
    this.parallelism = parallelism
    // 0: no processes beside this one, in which there is one worker then.
    this.workers = Math.max(1, workers ?? this.workers)
    // What came behind the barrier would be read again.
    attempt.halt()
    try {
      await attempt.finish('rescaled', 'checkpoint', false)
    } catch (error) {
      Object.assign(this, before)
      throw error
    }
    await this.running.promise
  }

  /** What its workers have measured: in snapshots that add up, since any worker may have had any subtask. */
  collectMetrics(): Promise<readonly MetricsSnapshot[]> {
    return this.pool.collectMetrics()
  }

  async cancel(): Promise<void> {
    if (ENDED.has(this.state_)) return
    this.canceled = true
    this.enter('CANCELLING')
    this.wake?.()
    await this.attempt_?.cancel()
    await this.done.catch(() => undefined)
  }

  private async supervise(): Promise<void> {
    for (;;) {
      let end: AttemptEnd
      try {
        end = this.canceled ? 'canceled' : await this.runAttempt()
      } catch (error) {
        const failure = failureOf(error)
        await this.closeAttempt()
        if (this.canceled) end = 'canceled'
        else if (await this.restartsAfter(failure)) continue
        else return this.end('FAILED', failure.error)
      }
      await this.closeAttempt()
      if (end === 'rescaled') continue
      return this.end(end === 'canceled' ? 'CANCELED' : 'FINISHED')
    }
  }

  private async runAttempt(): Promise<AttemptEnd> {
    const { pool, options } = this
    // Workers start while the checkpoint is read and sinks are fenced; one that is lost meanwhile is replaced below.
    pool.ready(this.workers).catch(() => undefined)
    const canceled = this.cancellation()
    canceled.catch(() => undefined)
    const prepared = await prepareAttempt(options, {
      canceled,
      parallelism: this.parallelism,
      ...(this.fromSavepoint === undefined ? {} : { fromSavepoint: this.fromSavepoint }),
      bounds: this.prepared?.bounds,
    })
    this.prepared = prepared
    this.fromSavepoint = undefined
    if (prepared.point !== undefined) this.statistics.restored(prepared.point)
    const { logger, clock, store, checkpoints } = options
    const attempt = new Attempt({
      ...prepared,
      files: options.files,
      careful: this.poison.suspects,
      poison: this.poison.quarantined,
      allowNonRestoredState: options.allowNonRestoredState ?? false,
      bounded: options.bounds?.until !== undefined,
      drain: options.drain ?? false,
      store,
      pool,
      checkpoints,
      statistics: this.statistics,
      clock,
      logger,
      onStopping: () => this.enter('STOPPING'),
      onStatus: () => this.progress(),
    })
    this.attempt_ = attempt
    if (this.state_ === 'INITIALIZING') this.enter('CREATED')
    const running = await Promise.race([pool.ready(this.workers), this.cancellation()])
    await attempt.start(running)
    if (this.canceled) await attempt.cancel()
    else {
      this.enter('RUNNING')
      this.hasRun = true
      this.started.resolve()
      this.running.resolve()
    }
    return attempt.done
  }

  /** Waits for the next attempt, if there is to be one. */
  private async restartsAfter(failure: AttemptFailure): Promise<boolean> {
    const { clock, logger, topology } = this.options
    const epoch = String(this.attempt_?.options.epoch ?? 0)
    const { error: found, quarantined } = this.poison.judge(failure, this.attempt_)
    const exception = this.exceptions.add(clock.nowMs(), epoch, { ...failure, error: found })
    this.emit({ type: 'exception', exception })
    const isFinal = isLasting(found.code) || (isOfSurroundings(found.code) && (await this.isNew()))
    const delayMs = quarantined ? 0 : isFinal ? undefined : this.strategy.afterFailure()
    const what = `job ${topology.name} failed: ${found.message}`
    if (delayMs === undefined) {
      logger.error({ event: 'job-failed', job: topology.name, err: found }, what)
      ;(failure as { error: SluiceError }).error = found
      return false
    }
    logger.warn(
      { event: 'job-restarting', job: topology.name, err: found, delayMs: Math.round(delayMs) },
      `${what}; it starts again in ${Math.round(delayMs)} ms`,
    )
    this.restarts_++
    this.restartCounter.add(1)
    this.enter('RESTARTING')
    this.pool.ready(this.workers).catch(() => undefined)
    await new Promise<void>((resolve) => {
      const timer = clock.schedule(delayMs, resolve)
      this.wake = () => {
        timer[Symbol.dispose]()
        resolve()
      }
    })
    this.wake = undefined
    faultPoint('restart.before-attempt')
    return true
  }

  /** It has never run, here or elsewhere, as far as a checkpoint tells. */
  private async isNew(): Promise<boolean> {
    return !this.hasRun && (await this.options.store.list()).length === 0
  }

  private async closeAttempt(): Promise<void> {
    await this.prepared?.close()
  }

  private async end(state: JobState, error?: SluiceError): Promise<void> {
    await this.pool.close()
    this.endedAtMs_ = this.options.clock.nowMs()
    this.enter(state)
    this.events.end()
    this.running.reject(error ?? this.notRunning())
    if (error !== undefined) {
      this.started.reject(error)
      this.settle.reject(error)
      return
    }
    this.started.resolve()
    this.settle.resolve(this.status())
  }

  private requireRunning(): Attempt {
    if (this.state_ === 'RUNNING' && this.attempt_ !== undefined) return this.attempt_
    throw this.notRunning()
  }

  private notRunning(): SluiceError {
    const { name } = this.options.topology
    return new SluiceError('JOB_NOT_RUNNING', `job ${name} is ${this.state_}, not RUNNING`, {
      fix: ENDED.has(this.state_) ? 'Submit it again to go on.' : 'Try again when it runs, or cancel it.',
      details: { job: name, state: this.state_ },
    })
  }

  private checkParallelism(parallelism: number, keyGroups: number): void {
    if (Number.isInteger(parallelism) && parallelism >= 1 && parallelism <= keyGroups) return
    throw new SluiceError('PARALLELISM', `a job of ${keyGroups} key groups can't run at parallelism ${parallelism}`, {
      fix: `Give a whole number from 1 to ${keyGroups}: each subtask needs a key group of its own.`,
      details: { parallelism, keyGroups },
    })
  }

  private progress(): void {
    const nowMs = this.options.clock.monotonicMs()
    if (nowMs - this.progressAtMs < PROGRESS_INTERVAL_MS) return
    this.progressAtMs = nowMs
    this.emit({ type: 'progress', vertices: reportVertices(this) })
  }

  /** Rejects when the job is canceled. */
  private cancellation(): Promise<never> {
    return new Promise((_resolve, reject) => {
      this.wake = () => reject(new SluiceError('CANCELED', 'the job was canceled'))
      if (this.canceled) this.wake()
    })
  }

  private emit(event: NewEvent): void {
    this.events.push({ ...event, atMs: this.options.clock.nowMs() } as JobEvent)
  }

  private enter(state: JobState): void {
    if (state === this.state_) return
    const previous = this.state_
    this.state_ = state
    this.emit({ type: 'state', state, previous })
  }
}

function failureOf(error: unknown): AttemptFailure {
  if (error instanceof AttemptFailed) return { ...error.failure }
  const known = error instanceof SluiceError ? error : undefined
  const message = error instanceof Error ? error.message : String(error)
  return { error: known ?? new SluiceError('INTERNAL', message, { cause: error }), task: undefined, worker: undefined }
}

function least(a: number | null, b: number | null): number | null {
  return a === null || b === null ? null : Math.min(a, b)
}
