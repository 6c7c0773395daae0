/** From what the tasks acknowledged to the manifest of a checkpoint. */
import type { IntervalOutput } from '../../topology/contract/stage.ts'
import type { Plan, StagePlan } from '../../topology/plan/plan.ts'
import type { CheckpointKind, Manifest, SubtaskWatermark } from '../checkpoint/manifest.ts'
import { statefulUids } from '../checkpoint/restore.ts'
import { type TaskSnapshot, taskId } from '../protocol/messages.ts'
import { keyGroupRangeOf } from '../state/key-group-range.ts'

export interface Acknowledged {
  readonly plan: Plan
  readonly kind: CheckpointKind
  readonly epoch: bigint
  readonly checkpointId: bigint
  readonly createdAtMs: number
  /** By task id; every task of the plan. */
  readonly snapshots: ReadonlyMap<string, TaskSnapshot>
  /** The last complete checkpoint of this attempt: what tasks still name of it has been committed. */
  readonly completedId: bigint | undefined
}

interface SubtaskSnapshot extends TaskSnapshot {
  readonly plan: StagePlan
  readonly subtask: number
}

export function buildManifest(acknowledged: Acknowledged): Manifest {
  const { plan, kind, epoch, checkpointId, createdAtMs, completedId } = acknowledged
  const snapshots = plan.stages.flatMap((stage) =>
    Array.from(
      { length: stage.parallelism },
      (_, subtask): SubtaskSnapshot => ({
        ...acknowledged.snapshots.get(taskId({ stage: stage.id, subtask }))!,
        plan: stage,
        subtask,
      }),
    ),
  )
  const output = snapshots.flatMap(({ stage }) => stage.output)
  return {
    job: plan.job,
    kind,
    epoch,
    checkpointId,
    createdAtMs,
    planFingerprint: plan.fingerprint,
    keyGroups: plan.keyGroups,
    uids: statefulUids(plan),
    sources: Object.fromEntries(
      plan.stages.flatMap(({ id, source }) =>
        source === undefined
          ? []
          : [[source.id, snapshots.flatMap((each) => (each.plan.id === id ? (each.splits ?? []) : []))]],
      ),
    ),
    keyed: snapshots.flatMap(({ stage }) => stage.keyed),
    split: mergeSplitState(snapshots),
    watermarks: watermarksOf(snapshots, plan.keyGroups),
    sinks: Object.fromEntries(
      plan.nodes
        .filter((node) => node.behaviour.type === 'sink')
        .map(({ id }) => [
          id,
          { committables: owed(output, id, completedId), watermarkMs: sinkWatermark(snapshots, id) },
        ]),
    ),
  }
}

/** What is not part of a complete checkpoint yet, in the order of the intervals. */
function owed(output: readonly IntervalOutput[], uid: string, completedId: bigint | undefined) {
  return output
    .filter((each) => each.uid === uid && (completedId === undefined || each.checkpointId > completedId))
    .sort((a, b) => (a.checkpointId < b.checkpointId ? -1 : a.checkpointId > b.checkpointId ? 1 : 0))
    .flatMap(({ committables }) => committables)
}

function mergeSplitState(snapshots: readonly SubtaskSnapshot[]): Manifest['split'] {
  const merged: Record<string, Manifest['split'][string]> = {}
  for (const { stage } of snapshots) {
    for (const [name, entries] of Object.entries(stage.split)) merged[name] = { ...merged[name], ...entries }
  }
  return merged
}

function watermarksOf(snapshots: readonly SubtaskSnapshot[], keyGroups: number): Manifest['watermarks'] {
  const watermarks: Record<string, SubtaskWatermark[]> = {}
  for (const { plan, subtask, stage } of snapshots) {
    if (stage.watermarkMs === null) continue
    const { first, last } = keyGroupRangeOf(subtask, plan.parallelism, keyGroups)
    const known = { firstKeyGroup: first, lastKeyGroup: last, watermarkMs: stage.watermarkMs }
    for (const { uid } of plan.nodes) {
      if (uid !== undefined) watermarks[uid] = [...(watermarks[uid] ?? []), known]
    }
  }
  return watermarks
}

/** The least over the subtasks; null as long as one has none. Subtasks whose inputs are idle have no say. */
function sinkWatermark(snapshots: readonly SubtaskSnapshot[], uid: string): number | null {
  const known = snapshots.flatMap(
    ({ stage }) => stage.sinkWatermarksMs[uid] ?? (uid in stage.sinkWatermarksMs ? [null] : []),
  )
  if (known.length === 0 || known.includes(null)) return null
  return Math.min(...(known as number[]))
}
