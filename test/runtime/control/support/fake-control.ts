/** A coordinator of jobs that do nothing: every answer of the contract, and what it was asked to do. */
import { jobUnknown, vertexUnknown } from '../../../../runtime/control/control-errors.ts'
import { RecentEvents } from '../../../../runtime/control/recent-events.ts'
import type {
  EventOptions,
  JobControl,
  LogOptions,
  RescaleOptions,
  StopOptions,
  SubmitRequest,
  TriggerOptions,
} from '../../../../topology/contract/job-control.ts'
import type {
  CheckpointDetail,
  CheckpointStatistics,
  CheckpointSummary,
  ExceptionEntry,
  JobDetail,
  JobEvent,
  JobExceptions,
  JobSummary,
  MetricValue,
  Overview,
  SubtaskDetail,
} from '../../../../topology/contract/job-detail.ts'
import { SluiceError } from '../../../../topology/errors.ts'
import type { Json } from '../../../../topology/json.ts'

export const START_MS = Date.UTC(2026, 0, 31, 12)

export const EXCEPTION: ExceptionEntry = {
  atMs: START_MS + 5_000,
  code: 'OPERATOR_FAILED',
  message: 'map "price" threw RangeError: no price',
  fix: 'Handle the record, or quarantine it.',
  stack: 'RangeError: no price\n    at price (jobs/orders/job.ts:12:9)',
  task: { uid: 'source(orders)', index: 1 },
  worker: 'worker-2',
  record: { topic: 'orders', partition: 3, offset: '9007199254740993' },
  epoch: '4',
}

const figures = {
  recordsIn: 1_000,
  recordsOut: 990,
  bytesIn: 64_000,
  bytesOut: 63_000,
  busyMsPerSecond: 250,
  idleMsPerSecond: 150,
  backpressuredMsPerSecond: 600,
  watermarkMs: START_MS - 60_000,
}

export class FakeControl implements JobControl {
  /** What was done, in order: `stop orders {"drain":true}`. */
  readonly calls: string[] = []
  readonly recent = new RecentEvents<JobEvent>({ capacity: 8, origin: 'fake' })
  /** What `savepoint` and others wait for. */
  gate: Promise<unknown> = Promise.resolve()
  lines = ['first', 'second', 'third']
  overviewPid = process.pid
  readonly details: Map<string, JobDetail>
  statistics = statistics()

  constructor(ids: readonly string[] = ['orders', 'returns']) {
    this.details = new Map(ids.map((id) => [id, jobDetail(id)]))
  }

  async overview(): Promise<Overview> {
    return {
      version: '0.1.0',
      mode: 'session',
      pid: this.overviewPid,
      startedAtMs: START_MS,
      jobsRunning: this.details.size,
      jobsFinished: 0,
      jobsCanceled: 0,
      jobsFailed: 0,
      workers: 2,
    }
  }

  async jobs(): Promise<readonly JobSummary[]> {
    return [...this.details.values()].map(summaryOf)
  }

  async submit(request: SubmitRequest): Promise<JobSummary> {
    this.note('submit', '', request)
    return summaryOf(jobDetail('submitted'))
  }

  async job(id: string): Promise<JobDetail> {
    const found = this.details.get(id)
    if (found === undefined) throw jobUnknown(id, this.details.keys())
    return found
  }

  async plan(id: string): Promise<Json> {
    await this.job(id)
    return {
      job: id,
      fingerprint: 'f00d',
      keyGroups: 128,
      nodes: [{ id: 'source(orders)', kind: 'source', stateful: true }],
      stages: [{ id: 'source(orders)', parallelism: 2, nodes: ['source(orders)'], outputs: [] }],
      lineage: [],
      warnings: [],
    }
  }

  async checkpoints(id: string): Promise<CheckpointStatistics> {
    await this.job(id)
    return this.statistics
  }

  async exceptions(id: string): Promise<JobExceptions> {
    await this.job(id)
    return { root: EXCEPTION, history: [EXCEPTION], truncated: false }
  }

  async metrics(id: string): Promise<readonly MetricValue[]> {
    await this.job(id)
    return [
      { name: 'p_records_in_total', labels: { uid: 'source(orders)', subtask: '0' }, value: 500 },
      { name: 'p_records_in_total', labels: { uid: 'source(orders)', subtask: '1' }, value: 500 },
      { name: 'p_records_out_total', labels: { uid: 'source(orders)', subtask: '1' }, value: 490 },
    ]
  }

  async subtasks(id: string, uid: string): Promise<readonly SubtaskDetail[]> {
    const known = (await this.job(id)).vertices.flatMap((vertex) => [
      vertex.uid,
      ...vertex.operators.map((operator) => operator.uid),
    ])
    if (!known.includes(uid)) throw vertexUnknown(id, uid, known)
    return [0, 1].map((index) => ({
      ...figures,
      backpressuredMsPerSecond: 600 * index,
      index,
      state: 'RUNNING',
      worker: `worker-${index + 1}`,
      pid: 100 + index,
      startedAtMs: START_MS,
      durationMs: 60_000,
      inputQueueLength: 0,
      outputQueueLength: 3,
    }))
  }

  async savepoint(id: string, options?: TriggerOptions): Promise<CheckpointDetail> {
    return this.taken('savepoint', id, options)
  }

  async checkpoint(id: string, options?: TriggerOptions): Promise<CheckpointDetail> {
    return this.taken('checkpoint', id, options)
  }

  async stop(id: string, options?: StopOptions): Promise<CheckpointDetail> {
    await this.job(id)
    this.note('stop', id, options)
    await this.gate
    return checkpoint('savepoint', 'COMPLETED')
  }

  async cancel(id: string): Promise<void> {
    await this.job(id)
    this.note('cancel', id)
  }

  async rescale(id: string, options: RescaleOptions): Promise<JobSummary> {
    const detail = await this.job(id)
    if (options.parallelism > detail.keyGroups) {
      throw new SluiceError('PARALLELISM', `parallelism ${options.parallelism} is above 128 key groups`, {
        fix: 'Choose 128 at most.',
        details: { parallelism: options.parallelism },
      })
    }
    this.note('rescale', id, options)
    await this.gate
    return { ...summaryOf(detail), parallelism: options.parallelism }
  }

  async events(id: string, options?: EventOptions) {
    await this.job(id)
    return this.recent.follow(options)
  }

  async logs(id: string, { tail = 100, follow = false, signal }: LogOptions = {}) {
    await this.job(id)
    const { lines } = this
    return (async function* () {
      yield* tail === 0 ? [] : lines.slice(-tail)
      if (follow) await new Promise((resolve) => signal?.addEventListener('abort', resolve))
    })()
  }

  async shutdown(): Promise<void> {
    this.note('shutdown')
  }

  private async taken(kind: 'checkpoint' | 'savepoint', id: string, options: TriggerOptions = {}) {
    await this.job(id)
    this.note(kind, id, options)
    if (options.async === true) return checkpoint(kind, 'IN_PROGRESS')
    await this.gate
    return checkpoint(kind, 'COMPLETED')
  }

  private note(...call: readonly unknown[]): void {
    this.calls.push(
      call
        .filter((part) => part !== '' && part !== undefined)
        .map((part) => (typeof part === 'string' ? part : JSON.stringify(part)))
        .join(' '),
    )
  }
}

export function checkpoint(
  kind: 'checkpoint' | 'savepoint',
  state: 'IN_PROGRESS' | 'COMPLETED' | 'FAILED',
): CheckpointDetail {
  return {
    id: '12',
    epoch: '4',
    kind,
    state,
    triggeredAtMs: START_MS + 10_000,
    endedAtMs: state === 'IN_PROGRESS' ? null : START_MS + 10_250,
    durationMs: 250,
    sizeBytes: 1_234_567,
    alignmentMs: 12,
    startDelayMs: 3,
    location: state === 'COMPLETED' ? 'file:///data/checkpoints/orders/manifests/4-12.manifest' : null,
    failure: state === 'FAILED' ? { code: 'CHECKPOINT_TIMEOUT', message: 'not complete after 10m' } : null,
    acknowledged: [
      {
        uid: 'source(orders)',
        index: 0,
        acknowledgedAtMs: START_MS + 10_200,
        startDelayMs: 3,
        alignmentMs: 12,
        snapshotMs: 80,
        sizeBytes: 1_234_567,
      },
    ],
    subtasks: 2,
  }
}

export function checkpointSummary({ acknowledged: _, subtasks: __, ...summary }: CheckpointDetail): CheckpointSummary {
  return summary
}

function statistics(): CheckpointStatistics {
  const completed = checkpoint('checkpoint', 'COMPLETED')
  const failed = { ...checkpoint('checkpoint', 'FAILED'), id: '11' }
  return {
    restored: 1,
    total: 3,
    inProgress: 0,
    completed: 2,
    failed: 1,
    latestCompleted: checkpointSummary(completed),
    latestSavepoint: null,
    latestFailed: checkpointSummary(failed),
    latestRestored: { id: '7', kind: 'savepoint', location: 'file:///s/7.manifest', restoredAtMs: START_MS },
    history: [completed, failed],
  }
}

export function jobDetail(id: string): JobDetail {
  return {
    id,
    state: 'RUNNING',
    startedAtMs: START_MS,
    endedAtMs: null,
    durationMs: 60_000,
    parallelism: 2,
    workers: 2,
    restarts: 1,
    file: `/jobs/${id}/job.ts`,
    epoch: '4',
    planFingerprint: 'f00d',
    keyGroups: 128,
    workerProcesses: [
      {
        id: 'worker-1',
        pid: 101,
        state: 'RUNNING',
        startedAtMs: START_MS,
        lastHeartbeatAtMs: START_MS + 59_000,
        subtasks: 2,
      },
    ],
    vertices: [
      {
        ...figures,
        uid: 'source(orders)',
        name: 'source(orders) → map-1 → sink(bronze.orders)',
        kind: 'source',
        parallelism: 2,
        state: 'RUNNING',
        operators: [
          { uid: 'sink(bronze.orders)', kind: 'sink', recordsIn: 990, recordsOut: 0, watermarkMs: START_MS - 60_000 },
        ],
      },
    ],
    lastCheckpoint: checkpointSummary(checkpoint('checkpoint', 'COMPLETED')),
    rootException: EXCEPTION,
  }
}

function summaryOf(detail: JobDetail): JobSummary {
  const { id, state, startedAtMs, endedAtMs, durationMs, parallelism, workers, restarts } = detail
  return { id, state, startedAtMs, endedAtMs, durationMs, parallelism, workers, restarts }
}
