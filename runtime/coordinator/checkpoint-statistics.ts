/** What became of the checkpoints of a job, for people: counts, the last of each kind, and a history of bounded length. */
import type {
  CheckpointAcknowledgement,
  CheckpointDetail,
  CheckpointStatistics,
  CheckpointSummary,
} from '../../topology/contract/job-detail.ts'
import { isSluiceError } from '../../topology/errors.ts'
import type { RestorePoint } from '../checkpoint/checkpoint-store.ts'
import type { CheckpointKind } from '../checkpoint/manifest.ts'

const HISTORY = 20

/** One checkpoint on its way. */
export interface CheckpointRecord {
  acknowledged(acknowledgement: CheckpointAcknowledgement): void
  completed(at: { readonly atMs: number; readonly location: string; readonly sizeBytes: number }): void
  failed(atMs: number, error: unknown): void
}

export interface Triggered {
  readonly id: bigint
  readonly epoch: bigint
  readonly kind: CheckpointKind
  readonly atMs: number
  readonly subtasks: number
}

export class CheckpointStatisticsRecorder {
  private readonly nowMs: () => number
  private readonly onChange: (checkpoint: CheckpointDetail) => void
  private readonly history: CheckpointDetail[] = []
  private readonly counts = { restored: 0, total: 0, completed: 0, failed: 0 }
  private readonly latest: {
    completed: CheckpointDetail | null
    savepoint: CheckpointDetail | null
    failed: CheckpointDetail | null
    restored: CheckpointStatistics['latestRestored']
  } = { completed: null, savepoint: null, failed: null, restored: null }

  constructor(nowMs: () => number, onChange: (checkpoint: CheckpointDetail) => void = () => {}) {
    this.nowMs = nowMs
    this.onChange = onChange
  }

  triggered({ id, epoch, kind, atMs, subtasks }: Triggered): CheckpointRecord {
    let detail: CheckpointDetail = {
      id: String(id),
      epoch: String(epoch),
      kind,
      state: 'IN_PROGRESS',
      triggeredAtMs: atMs,
      endedAtMs: null,
      durationMs: 0,
      sizeBytes: 0,
      alignmentMs: null,
      startDelayMs: null,
      location: null,
      failure: null,
      acknowledged: [],
      subtasks,
    }
    this.counts.total++
    this.history.unshift(detail)
    if (this.history.length > HISTORY) this.history.pop()
    this.onChange(detail)
    const change = (changes: Partial<CheckpointDetail>) => {
      const at = this.history.indexOf(detail)
      detail = { ...detail, ...changes }
      if (at >= 0) this.history[at] = detail
    }
    return {
      acknowledged: (acknowledgement) =>
        change({
          acknowledged: [...detail.acknowledged, acknowledgement],
          sizeBytes: detail.sizeBytes + acknowledgement.sizeBytes,
          alignmentMs: Math.max(detail.alignmentMs ?? 0, acknowledgement.alignmentMs),
          startDelayMs: Math.max(detail.startDelayMs ?? 0, acknowledgement.startDelayMs),
        }),
      completed: ({ atMs: endedAtMs, location, sizeBytes }) => {
        change({ state: 'COMPLETED', endedAtMs, durationMs: endedAtMs - atMs, location, sizeBytes })
        this.counts.completed++
        this.latest.completed = detail
        if (kind === 'savepoint') this.latest.savepoint = detail
        this.onChange(detail)
      },
      failed: (endedAtMs, error) => {
        if (detail.state !== 'IN_PROGRESS') return
        const code = isSluiceError(error) ? error.code : 'INTERNAL'
        const failure = { code, message: error instanceof Error ? error.message : String(error) }
        change({ state: 'FAILED', endedAtMs, durationMs: endedAtMs - atMs, failure })
        this.counts.failed++
        this.latest.failed = detail
        this.onChange(detail)
      },
    }
  }

  restored({ manifest, location }: RestorePoint): void {
    this.counts.restored++
    const { checkpointId, kind } = manifest
    this.latest.restored = { id: String(checkpointId), kind, location, restoredAtMs: this.nowMs() }
  }

  /** Of one id, while it is remembered. */
  find(id: bigint): CheckpointDetail | undefined {
    return this.history.map((each) => this.sofar(each)).find((each) => each.id === String(id))
  }

  get lastCompleted(): CheckpointDetail | null {
    return this.latest.completed
  }

  snapshot(): CheckpointStatistics {
    const { restored, total, completed, failed } = this.counts
    const summary = (detail: CheckpointDetail | null) => detail && summaryOf(detail)
    return {
      restored,
      total,
      inProgress: total - completed - failed,
      completed,
      failed,
      latestCompleted: summary(this.latest.completed),
      latestSavepoint: summary(this.latest.savepoint),
      latestFailed: summary(this.latest.failed),
      latestRestored: this.latest.restored,
      history: this.history.map((each) => this.sofar(each)),
    }
  }

  private sofar(detail: CheckpointDetail): CheckpointDetail {
    return detail.state === 'IN_PROGRESS' ? { ...detail, durationMs: this.nowMs() - detail.triggeredAtMs } : detail
  }
}

export function summaryOf({
  acknowledged: _acknowledged,
  subtasks: _subtasks,
  ...summary
}: CheckpointDetail): CheckpointSummary {
  return summary
}
