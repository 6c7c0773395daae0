/** Several panes as one. */
import type { KeyedState } from '../../topology/contract/state.ts'
import type { Key } from '../../topology/element.ts'
import type { Accumulators } from './accumulators.ts'

/**
 * What the panes of a window have gathered together, by key. A key that one pane has alone comes as it is in state, not to
 * be changed.
 */
export function combinePanes(
  state: KeyedState<unknown[]>,
  accumulators: Accumulators,
  panes: Iterable<number>,
): ReadonlyMap<Key, readonly unknown[]> {
  const combined = new Map<Key, readonly unknown[]>()
  /** Those of `combined` that are no longer state's. */
  const own = new Set<readonly unknown[]>()
  for (const pane of panes) {
    for (const [, key, gathered] of state.entries(pane)) {
      let before = combined.get(key)
      if (before === undefined) {
        combined.set(key, gathered)
        continue
      }
      if (!own.has(before)) {
        const copy = accumulators.codec.copy(before as unknown[])
        own.add(copy)
        combined.set(key, copy)
        before = copy
      }
      accumulators.merge(before as unknown[], gathered)
    }
  }
  return combined
}
