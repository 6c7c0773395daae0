/** Reducing state as a process function sees it: that of the current key. */
import type { Immutable } from '../../../topology/state/immutable.ts'
import type { ReducingState, ReducingStateDescriptor } from '../../../topology/state/reducing-state.ts'
import { describeResult, isPromise } from '../../../topology/user-function.ts'
import type { KeyScope } from '../key-scope.ts'
import { accepted } from './accepted.ts'
import type { Entries } from './entries.ts'

/** One entry of keyed state per key. */
export class ReducingAccess<V> implements ReducingState<V> {
  private readonly scope: KeyScope
  private readonly descriptor: ReducingStateDescriptor<V>
  private readonly values: Entries<V>

  constructor(scope: KeyScope, descriptor: ReducingStateDescriptor<V>, values: Entries<V>) {
    this.scope = scope
    this.descriptor = descriptor
    this.values = values
  }

  get(): Immutable<V> | undefined {
    const { keyGroup, key } = this.current()
    return this.values.get(0, keyGroup, key) as Immutable<V> | undefined
  }

  add(value: Immutable<V>): void {
    const { keyGroup, key } = this.current()
    const { name, codec } = this.descriptor
    const added = accepted(name, codec.accept, value)
    const before = this.values.get(0, keyGroup, key)
    const reduced = before === undefined ? added : accepted(name, codec.accept, this.reduced(before, added))
    this.values.set(0, keyGroup, key, reduced)
  }

  clear(): void {
    const { keyGroup, key } = this.current()
    this.values.delete(0, keyGroup, key)
  }

  private reduced(before: V, added: V): unknown {
    const reduced = this.descriptor.reduce(before as Immutable<V>, added as Immutable<V>)
    // A promise would pass for an object whose fields are all null.
    if (!isPromise(reduced)) return reduced
    throw new TypeError(`state ${this.descriptor.name}: reduce must return a value, not ${describeResult(reduced)}`)
  }

  private current(): KeyScope {
    this.scope.check(`state ${this.descriptor.name} is used`)
    return this.scope
  }
}
