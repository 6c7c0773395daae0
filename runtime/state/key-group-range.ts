/**
 * Which key groups a subtask owns: contiguous ranges that differ in size by one at most.
 *
 * @see https://github.com/apache/flink/blob/release-2.1/flink-runtime/src/main/java/org/apache/flink/runtime/state/KeyGroupRangeAssignment.java
 * `computeKeyGroupRangeForOperatorIndex` and `computeOperatorIndexForKeyGroup`: the same formulas, so that a Flink host
 * that deals out key groups by them finds each in the subtask where this one would look for it.
 */

/** Key groups `first` to `last`, both included. */
export interface KeyGroupRange {
  readonly first: number
  readonly last: number
}

/**
 * The key groups of one of `parallelism` subtasks: ⌈subtask · keyGroups / parallelism⌉ to the one before the next
 * subtask's first. Needs parallelism ≤ keyGroups, which a plan is checked for; no range is empty then.
 *
 * @example keyGroupRangeOf(1, 3, 128) // { first: 43, last: 85 }
 */
export function keyGroupRangeOf(subtask: number, parallelism: number, keyGroups: number): KeyGroupRange {
  return {
    first: Math.ceil((subtask * keyGroups) / parallelism),
    last: Math.ceil(((subtask + 1) * keyGroups) / parallelism) - 1,
  }
}

export { subtaskOf } from '../../topology/key.ts'

/** Whether any key group of a chunk of state is in the range: what a subtask must read at a restore, and all it must. */
export function overlaps(
  { first, last }: KeyGroupRange,
  chunk: { readonly firstKeyGroup: number; readonly lastKeyGroup: number },
): boolean {
  return chunk.firstKeyGroup <= last && chunk.lastKeyGroup >= first
}
