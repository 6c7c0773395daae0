/** From a manifest to what each stage begins with: state matched by uid, never by position. */
import type { SplitDescription, SplitState } from '../../topology/contract/source.ts'
import type { StageRestore } from '../../topology/contract/stage.ts'
import { SluiceError } from '../../topology/errors.ts'
import type { Plan, StagePlan } from '../../topology/plan/plan.ts'
import type { CheckpointStore } from '../checkpoint/checkpoint-store.ts'
import type { Manifest } from '../checkpoint/manifest.ts'

/** Uids of a plan whose state a checkpoint holds. */
export function statefulUids(plan: Plan): readonly string[] {
  return plan.nodes.filter((node) => node.stateful).map((node) => node.id)
}

/**
 * Refuses a checkpoint that does not fit the plan.
 * @throws {SluiceError} `RESTORE_MISMATCH` listing the operators whose state would be lost; `KEY_GROUPS_CHANGED`
 */
export function checkFits(manifest: Manifest, plan: Plan, location: string): void {
  if (manifest.job !== plan.job) {
    throw new SluiceError(
      'RESTORE_MISMATCH',
      `${location} is a checkpoint of job "${manifest.job}", not of "${plan.job}"`,
      {
        fix: 'Name a savepoint of this job.',
        details: { job: plan.job, savepointJob: manifest.job },
      },
    )
  }
  if (manifest.keyGroups !== plan.keyGroups) {
    throw new SluiceError(
      'KEY_GROUPS_CHANGED',
      `the job has ${manifest.keyGroups} key groups since its first run, not ${plan.keyGroups}`,
      {
        fix: `Submit it with ${manifest.keyGroups} key groups: they are fixed for the life of a job.`,
      },
    )
  }
  const now = new Set(statefulUids(plan))
  const lost = manifest.uids.filter((uid) => !now.has(uid))
  if (lost.length === 0) return
  const added = [...now].filter((uid) => !manifest.uids.includes(uid))
  throw new SluiceError(
    'RESTORE_MISMATCH',
    `${location} holds state of operators that the job no longer has: ${lost.join(', ')}${added.length > 0 ? `; new in the job: ${added.join(', ')}` : ''}`,
    {
      fix: 'Give a renamed operator its old name back with { name: … }.',
      details: { lost, added },
    },
  )
}

/** What a stage begins with; undefined at a first start. */
export function restoreOf(
  manifest: Manifest | undefined,
  stage: StagePlan,
  store: CheckpointStore,
): StageRestore | undefined {
  if (manifest === undefined) return undefined
  const uids = new Set(stage.nodes.map((node) => node.id))
  const references = manifest.keyed.filter((reference) => uids.has(reference.uid))
  const split = Object.entries(manifest.split).filter(([name]) => uids.has(name.slice(0, name.lastIndexOf('/'))))
  return {
    keyed: (async function* () {
      for (const reference of references) yield await store.load(reference)
    })(),
    split: Object.fromEntries(split),
    watermarkMs: manifest.watermarksMs[stage.id] ?? null,
  }
}

/** Splits as they are now, each at the position the checkpoint holds; splits that are new begin at their start. */
export function splitsOf(
  found: readonly SplitDescription[],
  restored: readonly SplitState[] | undefined,
): readonly SplitState[] {
  const positions = new Map(restored?.map((split) => [split.id, split.position]))
  return found.map((split) => ({ ...split, position: positions.get(split.id) ?? split.start }))
}
