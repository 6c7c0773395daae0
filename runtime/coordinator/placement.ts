/** Which worker runs which subtask, and which of them reads which split. */
import type { SplitState } from '../../topology/contract/source.ts'
import type { Plan } from '../../topology/plan/plan.ts'
import type { Deployment } from '../protocol/messages.ts'

/**
 * Subtask i of every stage goes to the same worker, in turn over the workers: so forward edges stay within a worker, and
 * each worker has its share of every stage.
 */
export function place(plan: Plan, workers: readonly string[]): Deployment['placement'] {
  return Object.fromEntries(
    plan.stages.map((stage) => [
      stage.id,
      Array.from({ length: stage.parallelism }, (_, subtask) => workers[subtask % workers.length]!),
    ]),
  )
}

/** Deals splits out in turn: subtasks differ by one at most. Subtasks beyond the number of splits have none. */
export function dealOut(splits: readonly SplitState[], subtasks: number): readonly (readonly SplitState[])[] {
  const dealt = Array.from({ length: subtasks }, (): SplitState[] => [])
  for (const [position, split] of splits.toSorted((a, b) => a.index - b.index).entries()) {
    dealt[position % subtasks]!.push(split)
  }
  return dealt
}
