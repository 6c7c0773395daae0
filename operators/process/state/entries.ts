/** What the states of a key are kept in: entries of keyed state, all in namespace 0, that expire or live for ever. */
import type { KeyedState } from '../../../topology/contract/state.ts'
import type { Key } from '../../../topology/element.ts'

export type Entries<V> = Pick<KeyedState<V>, 'get' | 'set' | 'update' | 'delete' | 'entries' | 'size'> & {
  /** To be called with the key of each entry that has been removed since it had expired. */
  onExpired?: (key: Key) => void
}
