/** One attempt of a job under test, with all that is heard of it: its states, its outputs, and how far time has been brought. */
import { MIN_WATERMARK_MS } from '../../topology/element.ts'
import type { Node } from '../../topology/graph.ts'
import { compile } from '../../topology/plan/compile.ts'
import type { Topology } from '../../topology/topology.ts'
import { checkFits } from '../checkpoint/restore.ts'
import type { OpenStateBackend } from '../state/state-backend.ts'
import type { AssignedTime } from './assigned-time.ts'
import { instrument } from './instrument.ts'
import type { MemoryCheckpoints, TestCheckpoint } from './memory-checkpoints.ts'
import type { Observed } from './observed.ts'
import { StateView } from './state-view.ts'
import type { TestOutput } from './test-output.ts'
import { VirtualAttempt } from './virtual-attempt.ts'
import type { VirtualClock } from './virtual-clock.ts'

export interface TestRunOptions {
  readonly job: Topology
  readonly parallelism: number
  readonly keyGroups: number | undefined
  readonly from: TestCheckpoint | undefined
  readonly allowNonRestoredState: boolean
  readonly epoch: bigint
  readonly clock: VirtualClock
  readonly observed: Observed
  readonly checkpoints: MemoryCheckpoints
  readonly openState: OpenStateBackend | undefined
  /** The output of that name. */
  readonly output: (name: string) => TestOutput<any>
}

export interface TestRun {
  /** The sources of the job as it runs. */
  readonly sources: readonly Node[]
  readonly attempt: VirtualAttempt
  readonly states: StateView
  /** Says again how far a test had brought time at the checkpoint. */
  readonly resumeTime: () => void
  /** Uids of all nodes that one reaches, itself included. */
  readonly readers: (node: Node) => ReadonlySet<string>
  /** By uid of what assigns event time: one for each of its subtasks. */
  readonly assigners: ReadonlyMap<string, readonly AssignedTime[]>
}

/**
 * Opens all subtasks, restored.
 *
 * @throws {TopologyError} when the job can't run.
 * @throws {SluiceError} `RESTORE_MISMATCH`, `KEY_GROUPS_CHANGED`, `STATE_UNCLAIMED` … when the checkpoint is not of this job.
 */
export async function openRun(options: TestRunOptions): Promise<TestRun> {
  const { job, parallelism, from, allowNonRestoredState, epoch, clock, observed, checkpoints, output } = options
  const keyGroups = options.keyGroups ?? from?.manifest.keyGroups
  const width = { parallelism, ...(keyGroups !== undefined && { keyGroups }) }
  const plan = compile(job, width)
  if (from !== undefined) checkFits(from.manifest, plan, `checkpoint ${from.id}`, allowNonRestoredState)
  const states = new StateView()
  const assigners = new Map<string, AssignedTime[]>()
  const instrumented = instrument(plan, {
    element: (name, subtask, element) => output(name).receive(element, subtask),
    keyedState: (uid, subtask, descriptor, state) => states.addKeyed(uid, subtask, descriptor, state),
    splitState: (uid, name, state) => states.addSplit(uid, name, state),
    assigner: (uid, time) => assigners.set(uid, [...(assigners.get(uid) ?? []), time]),
  })
  for (const { behaviour } of instrumented.nodes) if (behaviour.type === 'sink') output(behaviour.sink.name)
  const attempt = await VirtualAttempt.open({
    plan: compile(instrumented, width),
    epoch,
    clock,
    observed,
    files: checkpoints.files,
    openState: options.openState,
    restore: from && { manifest: from.manifest, files: from.files, allowNonRestoredState },
  })
  const resumeTime = () => {
    for (const [uid, times] of assigners) {
      for (const time of times) time.advance(from?.advancedMs.get(uid) ?? MIN_WATERMARK_MS)
    }
  }
  const sources = plan.nodes.filter(({ behaviour }) => behaviour.type === 'source')
  return { sources, attempt, states, assigners, resumeTime, readers: (node) => readersOf(node, plan.nodes) }
}

function readersOf(node: Node, nodes: readonly Node[]): ReadonlySet<string> {
  const reached = new Set([node.id])
  // Inputs come before what reads them.
  for (const each of nodes) if (each.inputs.some((input) => reached.has(input.node.id))) reached.add(each.id)
  return reached
}
