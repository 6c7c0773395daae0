/** The jobs of a session: asks the coordinator of each, and answers itself for those that have none. */
import type { Clock } from '../../../topology/contract/clock.ts'
import type {
  EventOptions,
  JobControl,
  LogOptions,
  RescaleOptions,
  StopOptions,
  SubmitRequest,
  TriggerOptions,
} from '../../../topology/contract/job-control.ts'
import type {
  CheckpointDetail,
  CheckpointStatistics,
  JobDetail,
  JobExceptions,
  JobState,
  JobSummary,
  MetricValue,
  Overview,
  SubtaskDetail,
} from '../../../topology/contract/job-detail.ts'
import type { Logger } from '../../../topology/contract/observability.ts'
import { isSluiceError, SluiceError } from '../../../topology/errors.ts'
import type { Json } from '../../../topology/json.ts'
import type { Config } from '../../config/config.ts'
import { version } from '../../version.ts'
import { jobNotRunning, jobUnknown } from '../control-errors.ts'
import { findCoordinator } from '../find-coordinator.ts'
import { followFile } from '../follow-file.ts'
import type { RestClient } from '../rest/rest-client.ts'
import { runFiles } from '../run-directory.ts'
import { describeJob } from './describe-job.ts'
import { allowedJobFile } from './job-path.ts'
import { detailWithoutCoordinator, seenBySession, summaryWithoutCoordinator } from './job-view.ts'
import { mergeMetrics } from './merge-metrics.ts'
import { checkSettings, infoArguments, jobEnvironment, type Program, submitArguments } from './program.ts'
import { SessionJob } from './session-job.ts'
import { readSubmissions, type Submission } from './submission.ts'

export interface SessionOptions {
  readonly config: Pick<Config, 'dataDir' | 'runDirectory' | 'jobsDirectory' | 'rest'>
  readonly program: Program
  /** The id of the job's last checkpoint in its store; 0 when it has none. */
  readonly lastCheckpointId: (job: string) => Promise<bigint>
  readonly clock: Clock
  readonly logger: Logger
}

/** Jobs that have ended and are still listed. */
const REMEMBERED = 100

export class SessionControl implements JobControl {
  /** Resolves when it was shut down and no job runs any more. */
  readonly closed: Promise<void>
  private readonly options: SessionOptions
  private readonly startedAtMs: number
  /** In the order in which they were submitted. */
  private readonly all = new Map<string, SessionJob>()
  private readonly settle: () => void
  private closing = false

  constructor(options: SessionOptions) {
    this.options = options
    this.startedAtMs = options.clock.nowMs()
    const { promise, resolve } = Promise.withResolvers<void>()
    this.closed = promise
    this.settle = resolve
  }

  /** Goes on with the jobs of a session that was killed. */
  async recover(): Promise<void> {
    for (const submission of readSubmissions(this.options.config.runDirectory)) {
      const job = new SessionJob(submission, this.jobOptions)
      this.all.set(job.id, job)
      await job.recover()
    }
  }

  async overview(): Promise<Overview> {
    const summaries = await this.jobs()
    const count = (...states: readonly JobState[]) => summaries.filter(({ state }) => states.includes(state)).length
    const [finished, canceled, failed] = [count('FINISHED'), count('CANCELED'), count('FAILED')]
    return {
      version,
      mode: 'session',
      pid: process.pid,
      startedAtMs: this.startedAtMs,
      jobsRunning: summaries.length - finished - canceled - failed,
      jobsFinished: finished,
      jobsCanceled: canceled,
      jobsFailed: failed,
      workers: summaries.reduce((sum, { workers, endedAtMs }) => sum + (endedAtMs === null ? workers : 0), 0),
    }
  }

  async jobs(): Promise<readonly JobSummary[]> {
    return Promise.all([...this.all.values()].toReversed().map((job) => this.summary(job)))
  }

  async submit(request: SubmitRequest): Promise<JobSummary> {
    const { config, program, clock, lastCheckpointId } = this.options
    if (this.closing) throw closingError()
    checkSettings(request.settings)
    const allowed: Submission['request'] = { ...request, file: allowedJobFile(request.file, config.jobsDirectory) }
    const plan = await describeJob({
      program,
      args: infoArguments(allowed),
      env: jobEnvironment(program, allowed, config),
      clock,
    })
    const id = plan.job
    const other = await findCoordinator(id, { run: config.runDirectory, clock })
    const lastCheckpoint = await lastCheckpointId(id)
    if (this.closing) throw closingError()
    if (other !== undefined || this.all.get(id)?.hasEnded === false) throw alreadyRunning(id, other?.announcement.pid)
    const submission = {
      id,
      request: allowed,
      plan,
      submittedAtMs: clock.nowMs(),
      restarts: 0,
      lastCheckpointId: String(lastCheckpoint),
    }
    const job = new SessionJob(submission, this.jobOptions)
    this.all.delete(id)
    this.all.set(id, job)
    this.forgetOld()
    await job.start()
    return this.summary(job)
  }

  async job(id: string): Promise<JobDetail> {
    const job = this.find(id)
    const client = await this.client(job)
    if (client === undefined) return detailWithoutCoordinator(job, this.options.clock.nowMs())
    return seenBySession(await client.job(id), job)
  }

  async plan(id: string): Promise<Json> {
    const job = this.find(id)
    return (await this.client(job))?.plan(id) ?? (job.submission.plan as Json)
  }

  async checkpoints(id: string): Promise<CheckpointStatistics> {
    return (await this.running(id, 'its checkpoints are not known')).checkpoints(id)
  }

  async exceptions(id: string): Promise<JobExceptions> {
    const job = this.find(id)
    const found = await (await this.client(job))?.exceptions(id)
    const history = [...(found?.history ?? []), ...job.exceptions].sort((a, b) => b.atMs - a.atMs)
    return { root: history[0] ?? null, history, truncated: found?.truncated ?? false }
  }

  async metrics(id: string): Promise<readonly MetricValue[]> {
    return (await this.running(id, 'it has no metrics')).metrics(id)
  }

  async subtasks(id: string, uid: string): Promise<readonly SubtaskDetail[]> {
    return (await this.running(id, 'it has no subtasks')).subtasks(id, uid)
  }

  async savepoint(id: string, options?: TriggerOptions): Promise<CheckpointDetail> {
    return (await this.running(id, "a savepoint can't be taken")).savepoint(id, options)
  }

  async checkpoint(id: string, options?: TriggerOptions): Promise<CheckpointDetail> {
    return (await this.running(id, "a checkpoint can't be taken")).checkpoint(id, options)
  }

  async stop(id: string, options?: StopOptions): Promise<CheckpointDetail> {
    const savepoint = await (await this.running(id, "it can't be stopped")).stop(id, options)
    await this.find(id).ended
    return savepoint
  }

  async cancel(id: string): Promise<void> {
    const job = this.find(id)
    if (job.hasEnded) return
    const client = await this.client(job)
    if (client === undefined) return job.terminate('cancel')
    job.canceling()
    await client.cancel(id)
    await job.ended
  }

  async rescale(id: string, options: RescaleOptions): Promise<JobSummary> {
    const job = this.find(id)
    await (await this.running(id, "it can't be rescaled")).rescale(id, options)
    job.amend(options)
    return this.summary(job)
  }

  async events(id: string, options?: EventOptions) {
    return (await this.running(id, 'nothing happens to it')).events(id, options)
  }

  async logs(id: string, options?: LogOptions) {
    const { config, clock } = this.options
    const { id: known } = this.find(id)
    return followFile(runFiles(config.runDirectory).jobLog(known), clock, options)
  }

  async shutdown(): Promise<void> {
    this.closing = true
    await Promise.all([...this.all.values()].filter((job) => !job.hasEnded).map((job) => job.terminate('stop')))
    this.settle()
  }

  /** Of all its jobs, in Prometheus' text format. */
  async metricsText(): Promise<string> {
    const clients = await Promise.all([...this.all.values()].map((job) => this.client(job).catch(() => undefined)))
    return mergeMetrics(await Promise.all(clients.map((client) => client?.metricsText().catch(() => '') ?? '')))
  }

  private get jobOptions() {
    const { config, clock, logger, program, lastCheckpointId } = this.options
    return {
      run: config.runDirectory,
      clock,
      logger,
      command: async (submission: Submission) => {
        // Until it has a checkpoint of its own, a job that was killed begins where it began.
        const again = (await lastCheckpointId(submission.id)) > BigInt(submission.lastCheckpointId)
        return {
          executable: program.executable,
          args: [...program.args, ...submitArguments(submission.request, { again })],
          env: jobEnvironment(program, submission.request, config),
          cwd: program.cwd,
        }
      },
    }
  }

  private find(id: string): SessionJob {
    const job = this.all.get(id)
    if (job === undefined) throw jobUnknown(id, this.all.keys())
    return job
  }

  private async client(job: SessionJob): Promise<RestClient | undefined> {
    return job.hasEnded ? undefined : (await job.coordinator())?.client
  }

  /** @param what can't be done otherwise */
  private async running(id: string, what: string): Promise<RestClient> {
    const job = this.find(id)
    const client = await this.client(job)
    if (client === undefined) throw jobNotRunning(id, job.state, what)
    return client
  }

  /** Never throws: a list shows the others all the same. */
  private async summary(job: SessionJob): Promise<JobSummary> {
    try {
      const client = await this.client(job)
      const [found] = (await client?.jobs()) ?? []
      if (found !== undefined) return seenBySession(found, job)
    } catch (error) {
      if (!isSluiceError(error)) throw error
    }
    return summaryWithoutCoordinator(job, this.options.clock.nowMs())
  }

  private forgetOld(): void {
    const ended = [...this.all.values()].filter((job) => job.hasEnded)
    for (const { id } of ended.slice(0, Math.max(0, ended.length - REMEMBERED))) this.all.delete(id)
  }
}

function closingError(): SluiceError {
  return new SluiceError('SESSION_CLOSING', 'the session is shutting down', {
    fix: 'Start another with `runtime start`.',
  })
}

function alreadyRunning(id: string, pid: number | undefined): SluiceError {
  const where = pid === undefined ? 'in this session' : `(process ${pid})`
  return new SluiceError('JOB_RUNNING', `job ${id} is running already ${where}`, {
    fix: `Stop it first: runtime stop ${id}.`,
    details: { job: id, pid: pid ?? null },
  })
}
