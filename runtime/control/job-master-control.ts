/** The coordinator of one job, as REST and the CLI see it: application mode. */
import { existsSync } from 'node:fs'
import type {
  EventOptions,
  JobControl,
  LogOptions,
  RescaleOptions,
  StopOptions,
  TriggerOptions,
} from '../../topology/contract/job-control.ts'
import type { CheckpointDetail, MetricValue, Overview } from '../../topology/contract/job-detail.ts'
import { SluiceError } from '../../topology/errors.ts'
import type { Json } from '../../topology/json.ts'
import { explainJson } from '../../topology/plan/explain.ts'
import type { CheckpointKind } from '../checkpoint/manifest.ts'
import type { JobMaster } from '../coordinator/job-master.ts'
import { reportJob, reportSubtasks, reportSummary } from '../coordinator/job-report.ts'
import { version } from '../version.ts'
import { jobNotRunning, jobUnknown } from './control-errors.ts'
import { followFile } from './follow-file.ts'
import { runFiles } from './run-directory.ts'

export interface JobMasterControlOptions {
  readonly master: JobMaster
  /** Absolute path of `run/` under the data directory. */
  readonly runDirectory: string
  readonly metrics: () => Promise<readonly MetricValue[]>
}

export class JobMasterControl implements JobControl {
  private readonly options: JobMasterControlOptions
  private readonly id: string

  constructor(options: JobMasterControlOptions) {
    this.options = options
    this.id = options.master.options.topology.name
  }

  async overview(): Promise<Overview> {
    const { master } = this.options
    const count = (...states: readonly string[]) => (states.includes(master.state) ? 1 : 0)
    const [finished, canceled, failed] = [count('FINISHED'), count('CANCELED'), count('FAILED')]
    return {
      version,
      mode: 'application',
      pid: process.pid,
      startedAtMs: master.startedAtMs,
      jobsRunning: 1 - finished - canceled - failed,
      jobsFinished: finished,
      jobsCanceled: canceled,
      jobsFailed: failed,
      workers: master.pool.running.length,
    }
  }

  async jobs() {
    return [reportSummary(this.options.master)]
  }

  async submit(): Promise<never> {
    throw new SluiceError('SUBMIT_REFUSED', `this coordinator runs job ${this.id} and no other`, {
      fix: 'Start a session with `runtime start`, and submit with --detached.',
    })
  }

  async job(id: string) {
    return reportJob(this.of(id))
  }

  async plan(id: string): Promise<Json> {
    const attempt = this.of(id).attempt
    if (attempt === undefined) throw jobNotRunning(id, this.options.master.state, 'its plan is not known yet')
    return explainJson(attempt.options.plan)
  }

  async checkpoints(id: string) {
    return this.of(id).statistics.snapshot()
  }

  async exceptions(id: string) {
    return this.of(id).exceptions.snapshot()
  }

  async metrics(id: string) {
    this.of(id)
    return this.options.metrics()
  }

  async subtasks(id: string, uid: string) {
    return reportSubtasks(this.of(id), uid)
  }

  savepoint(id: string, options?: TriggerOptions) {
    return this.trigger(id, 'savepoint', options)
  }

  checkpoint(id: string, options?: TriggerOptions) {
    return this.trigger(id, 'checkpoint', options)
  }

  async stop(id: string, options?: StopOptions): Promise<CheckpointDetail> {
    const master = this.of(id)
    const { id: checkpointId } = await master.stop(options)
    return master.statistics.find(checkpointId)!
  }

  async cancel(id: string): Promise<void> {
    await this.of(id).cancel()
  }

  async rescale(id: string, options: RescaleOptions) {
    const master = this.of(id)
    await master.rescale(options)
    return reportSummary(master)
  }

  async events(id: string, options?: EventOptions) {
    return this.of(id).events.follow(options)
  }

  async logs(id: string, { tail = 100, follow = false, signal }: LogOptions = {}) {
    this.of(id)
    const file = runFiles(this.options.runDirectory).jobLog(id)
    if (!existsSync(file)) {
      throw new SluiceError('LOGS_ELSEWHERE', `job ${id} logs to the standard error of process ${process.pid}`, {
        fix: 'Look there, or run the job in a session: `runtime start`, then submit with --detached.',
        details: { job: id, pid: process.pid },
      })
    }
    const { clock } = this.options.master.options
    return followFile(file, clock, { tail, follow, ...(signal === undefined ? {} : { signal }) })
  }

  async shutdown(): Promise<void> {
    const { master } = this.options
    await (master.state === 'RUNNING' ? master.stop() : master.cancel())
  }

  private async trigger(id: string, kind: CheckpointKind, { async = false }: TriggerOptions = {}) {
    const master = this.of(id)
    const triggered = Promise.withResolvers<bigint>()
    const taken = master.trigger(kind, triggered.resolve).then(({ id: checkpointId }) => checkpointId)
    // One that can't be triggered is only ever heard of by `taken`.
    const checkpointId = await (async ? Promise.race([triggered.promise, taken]) : taken)
    return master.statistics.find(checkpointId)!
  }

  private of(id: string): JobMaster {
    if (id === this.id) return this.options.master
    throw jobUnknown(id, [this.id])
  }
}
