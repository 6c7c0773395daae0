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

export interface CombinedPanes {
  readonly keys: readonly Key[]
  /** What has been gathered of each of `keys`. It may be that of a pane itself: nobody changes it. */
  readonly combined: readonly (readonly unknown[])[]
}

/** What the panes of a window have gathered together, by key. Most keys are in one pane, and need no merging. */
export function combinePanes(options: CombinePanesOptions): CombinedPanes {
  const { state, panes, without } = options
  const { create, merge } = options.accumulators
  const places = new Map<Key, number>()
  const keys: Key[] = []
  const combined: unknown[][] = []
  /** Whether what is combined is no pane's own. */
  const isMerged: boolean[] = []
  for (const pane of panes) {
    for (const [keyGroup, key, gathered] of state.entries(pane)) {
      const place = places.get(key)
      if (place === undefined) {
        if (without(keyGroup)) continue
        places.set(key, keys.length)
        keys.push(key)
        combined.push(gathered)
        isMerged.push(false)
        continue
      }
      if (!isMerged[place]) {
        const merged = create()
        merge(merged, combined[place]!)
        combined[place] = merged
        isMerged[place] = true
      }
      merge(combined[place]!, gathered)
    }
  }
  return { keys, combined }
}
