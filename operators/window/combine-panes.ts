/** Several panes as one. */
import type { KeyedState } from '../../topology/contract/state.ts'
import type { Key } from '../../topology/element.ts'
import type { Accumulators } from './accumulators.ts'

export interface CombinePanesOptions {
  readonly state: KeyedState<unknown[]>
  readonly accumulators: Accumulators
  readonly panes: Iterable<number>
  /** Key groups that are left out. */
  readonly without: (keyGroup: number) => boolean
}

/** What the panes of a window have gathered together, by key. */
export function combinePanes(options: CombinePanesOptions): ReadonlyMap<Key, readonly unknown[]> {
  const { state, panes, without } = options
  const { create, merge } = options.accumulators
  const combined = new Map<Key, unknown[]>()
  for (const pane of panes) {
    for (const [keyGroup, key, gathered] of state.entries(pane)) {
      let into = combined.get(key)
      if (into === undefined) {
        if (without(keyGroup)) continue
        into = create()
        combined.set(key, into)
      }
      merge(into, gathered)
    }
  }
  return combined
}
