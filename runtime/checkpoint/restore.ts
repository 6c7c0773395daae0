/** From a manifest to what each stage begins with: state matched by uid, never by position. */
import type { SplitDescription, SplitState } from '../../topology/contract/source.ts'
import type { StageRestore } from '../../topology/contract/stage.ts'
import { SluiceError } from '../../topology/errors.ts'
import type { Plan, StagePlan } from '../../topology/plan/plan.ts'
import { keyGroupRangeOf } from '../state/key-group-range.ts'
import type { CheckpointFiles } from './checkpoint-files.ts'
import type { Manifest } from './manifest.ts'

/** Uids of a plan whose state a checkpoint holds. */
export function statefulUids(plan: Plan): readonly string[] {
  return plan.nodes.filter((node) => node.stateful).map((node) => node.id)
}

/** Refuses a checkpoint of another job. @throws {SluiceError} `RESTORE_MISMATCH` */
export function checkJob(manifest: Manifest, job: string, location: string): void {
  if (manifest.job === job) return
  throw new SluiceError('RESTORE_MISMATCH', `${location} is a checkpoint of job "${manifest.job}", not of "${job}"`, {
    fix: 'Name a savepoint of this job.',
    details: { job, savepointJob: manifest.job },
  })
}

/**
 * Refuses a checkpoint that does not fit the plan.
 * @param allowNonRestoredState leave the state of operators that are gone behind.
 * @throws {SluiceError} `RESTORE_MISMATCH` listing the operators whose state would be lost; `KEY_GROUPS_CHANGED`
 */
export function checkFits(manifest: Manifest, plan: Plan, location: string, allowNonRestoredState = false): void {
  if (manifest.keyGroups !== plan.keyGroups) {
    throw new SluiceError(
      'KEY_GROUPS_CHANGED',
      `the job has ${manifest.keyGroups} key groups since its first run, not ${plan.keyGroups}`,
      {
        fix: `Leave --key-groups out: they are fixed for the life of a job.`,
      },
    )
  }
  const now = new Set(statefulUids(plan))
  const lost = manifest.uids.filter((uid) => !now.has(uid))
  if (lost.length === 0 || allowNonRestoredState) return
  const added = [...now].filter((uid) => !manifest.uids.includes(uid))
  const diff = [
    ...lost.map((uid) => `  - ${uid}: ${describeState(manifest, uid)}`),
    ...added.map((uid) => `  + ${uid}: not in the checkpoint`),
  ]
  throw new SluiceError(
    'RESTORE_MISMATCH',
    `${location} holds state of operators that the job no longer has:\n${diff.join('\n')}`,
    {
      fix: 'Give a renamed operator its old name back with { name: … }, or leave the state behind with --allow-non-restored-state.',
      details: { lost, added },
    },
  )
}

/** What of an operator would be lost. */
function describeState(manifest: Manifest, uid: string): string {
  const chunks = manifest.keyed.filter((reference) => reference.uid === uid)
  const perState = new Map<string, number>()
  for (const { state, entries } of chunks) perState.set(state, (perState.get(state) ?? 0) + entries)
  const positions = manifest.sources[uid]?.length ?? 0
  const owed = manifest.sinks[uid]?.committables.length ?? 0
  const parts = [
    ...Array.from(perState, ([state, entries]) => `${entries} entries of ${state}`),
    ...(positions > 0 ? [`the positions of ${positions} splits`] : []),
    ...(owed > 0 ? [`${owed} committables`] : []),
  ]
  return parts.length === 0 ? 'no entries' : parts.join(', ')
}

/** What a subtask begins with; undefined at a first start. */
export function restoreOf(
  manifest: Manifest | undefined,
  stage: StagePlan,
  subtask: number,
  files: CheckpointFiles,
  dropUnclaimed: boolean,
): StageRestore | undefined {
  if (manifest === undefined) return undefined
  const { first, last } = keyGroupRangeOf(subtask, stage.parallelism, manifest.keyGroups)
  const overlaps = (range: { readonly firstKeyGroup: number; readonly lastKeyGroup: number }) =>
    range.firstKeyGroup <= last && range.lastKeyGroup >= first
  const uids = new Set(stage.nodes.map((node) => node.id))
  const references = manifest.keyed.filter((reference) => uids.has(reference.uid) && overlaps(reference))
  const split = Object.entries(manifest.split).filter(([name]) => uids.has(name.slice(0, name.lastIndexOf('/'))))
  const watermarks = [...uids].flatMap((uid) => manifest.watermarks[uid] ?? []).filter(overlaps)
  return {
    keyed: (async function* () {
      for (const reference of references) yield await files.load(reference)
    })(),
    split: Object.fromEntries(split),
    dropUnclaimed,
    // The greatest: what one subtask has judged by its watermark, its heir must not judge by a lesser one.
    watermarkMs: watermarks.length === 0 ? null : Math.max(...watermarks.map(({ watermarkMs }) => watermarkMs)),
  }
}

/**
 * Splits as they are now, each at the position the checkpoint holds; splits that are new begin at their start.
 *
 * A split keeps the index it had, since state may be kept by it; one that is new gets its own unless that is taken, and
 * else the next that is free.
 */
export function splitsOf(
  found: readonly SplitDescription[],
  restored: readonly SplitState[] | undefined,
): readonly SplitState[] {
  const known = new Map(restored?.map((split) => [split.id, split]))
  const taken = new Set(restored?.map(({ index }) => index))
  let free = 0
  const indexOf = (split: SplitDescription): number => {
    const before = known.get(split.id)
    if (before !== undefined) return before.index
    let { index } = split
    if (taken.has(index)) {
      while (taken.has(free)) free++
      index = free
    }
    taken.add(index)
    return index
  }
  return found.map((split) => ({
    ...split,
    index: indexOf(split),
    position: known.get(split.id)?.position ?? split.start,
  }))
}
