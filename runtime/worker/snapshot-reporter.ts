/** Tells what became of a task's snapshots. */
import type { Clock } from '../../topology/contract/clock.ts'
import type { SplitState } from '../../topology/contract/source.ts'
import type { StageSnapshot } from '../../topology/contract/stage.ts'
import { isSluiceError } from '../../topology/errors.ts'
import type { Alignment } from '../exchange/input-gate.ts'
import { faultPoint } from '../fault-point.ts'
import type { TaskName } from '../protocol/messages.ts'
import type { TaskListener } from './task.ts'

export class SnapshotReporter {
  private readonly task: TaskName
  private readonly listener: TaskListener
  private readonly clock: Pick<Clock, 'monotonicMs'>

  constructor(task: TaskName, listener: TaskListener, clock: Pick<Clock, 'monotonicMs'>) {
    this.task = task
    this.listener = listener
    this.clock = clock
  }

  /** Called at the cut. A snapshot that a later one has ended is of no interest to anybody. */
  report(
    checkpointId: bigint,
    snapshot: Promise<StageSnapshot>,
    { alignmentMs, startDelayMs }: Alignment,
    splits?: readonly SplitState[],
  ): void {
    const { task, listener, clock } = this
    const cutMs = clock.monotonicMs()
    snapshot
      .then((stage) => {
        faultPoint('checkpoint.after-snapshot')
        const snapshotMs = clock.monotonicMs() - cutMs
        const taken = splits === undefined ? { stage } : { stage, splits }
        listener.acknowledged(task, checkpointId, taken, { alignmentMs, startDelayMs, snapshotMs })
        faultPoint('checkpoint.after-acknowledge')
      })
      .catch((error: unknown) => {
        if (isSluiceError(error, 'SNAPSHOT_ABORTED')) return
        if (isSluiceError(error, 'FAULT_INJECTED')) listener.failed(task, error)
        else listener.declined(task, checkpointId, error)
      })
  }
}
