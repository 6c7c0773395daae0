/**
 * List state as a process function sees it: the list of the current key.
 *
 * Each element is an entry of keyed state, under the composite of the key and its place and in the key group of the key;
 * beside them are kept, per key, the places that are in use.
 */
import { tuple, varint } from '../../../topology/codec/index.ts'
import type { KeyedStateDescriptor } from '../../../topology/contract/state.ts'
import { compositeKey } from '../../../topology/key.ts'
import type { Immutable } from '../../../topology/state/immutable.ts'
import type { ListState, ListStateDescriptor } from '../../../topology/state/list-state.ts'
import type { KeyScope } from '../key-scope.ts'
import { accepted } from './accepted.ts'
import type { Entries } from './entries.ts'

/** From the first element to behind the last one. Elements between may have expired. */
type Places = [from: number, to: number]

export class ListAccess<V> implements ListState<V> {
  private readonly scope: KeyScope
  private readonly descriptor: ListStateDescriptor<V>
  private readonly elements: Entries<V>
  /** What is renewed with an element: so that it lives as long as the last of them. */
  private readonly places: Entries<Places>

  constructor(
    scope: KeyScope,
    descriptor: ListStateDescriptor<V>,
    open: <E>(descriptor: KeyedStateDescriptor<E>) => Entries<E>,
  ) {
    this.scope = scope
    this.descriptor = descriptor
    this.elements = open<V>(descriptor)
    this.places = open<Places>({ name: `${descriptor.name}/places`, codec: tuple(varint, varint) })
  }

  get(): Immutable<V>[] {
    const { keyGroup, key } = this.current()
    const places = this.places.get(0, keyGroup, key)
    if (places === undefined) return []
    const [from, to] = places
    const values: Immutable<V>[] = []
    let first = to
    for (let place = from; place < to; place++) {
      const value = this.elements.get(0, keyGroup, compositeKey([key, place]))
      if (value === undefined) continue
      if (values.length === 0) first = place
      values.push(value as Immutable<V>)
    }
    // What has expired before them need not be looked for again.
    if (first > from) this.places.update(0, keyGroup, key)![0] = first
    return values
  }

  append(value: Immutable<V>): void {
    const { keyGroup, key } = this.current()
    const { name, codec } = this.descriptor
    const element = accepted(name, codec.accept, value)
    const places = this.places.update(0, keyGroup, key) ?? [0, 0]
    const place = places[1]++
    this.places.set(0, keyGroup, key, places)
    this.elements.set(0, keyGroup, compositeKey([key, place]), element)
  }

  clear(): void {
    const { keyGroup, key } = this.current()
    const [from, to] = this.places.get(0, keyGroup, key) ?? [0, 0]
    for (let place = from; place < to; place++) this.elements.delete(0, keyGroup, compositeKey([key, place]))
    this.places.delete(0, keyGroup, key)
  }

  private current(): KeyScope {
    this.scope.check(`state ${this.descriptor.name} is used`)
    return this.scope
  }
}
