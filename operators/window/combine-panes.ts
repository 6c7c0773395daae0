/** Several panes as one. */
import type { KeyedState } from '../../topology/contract/state.ts'
import type { Key } from '../../topology/element.ts'
import type { Accumulators } from './accumulators.ts'

/** What the panes of a window have gathered together, by key. */
export function combinePanes(
  state: KeyedState<unknown[]>,
  { create, merge }: Accumulators,
  panes: Iterable<number>,
): ReadonlyMap<Key, readonly unknown[]> {
  const combined = new Map<Key, unknown[]>()
  for (const pane of panes) {
    for (const [, key, gathered] of state.entries(pane)) {
      let into = combined.get(key)
      if (into === undefined) {
        into = create()
        combined.set(key, into)
      }
      merge(into, gathered)
    }
  }
  return combined
}
