/** Value state as a process function sees it: the value of the current key. */
import type { Immutable } from '../../../topology/state/immutable.ts'
import type { ValueState, ValueStateDescriptor } from '../../../topology/state/value-state.ts'
import type { KeyScope } from '../key-scope.ts'
import { accepted } from './accepted.ts'
import type { Entries } from './entries.ts'

/** One entry of keyed state per key. */
export class ValueAccess<V, Absent> implements ValueState<V, Absent> {
  private readonly scope: KeyScope
  private readonly descriptor: ValueStateDescriptor<V, Absent>
  private readonly values: Entries<V>

  constructor(scope: KeyScope, descriptor: ValueStateDescriptor<V, Absent>, values: Entries<V>) {
    this.scope = scope
    this.descriptor = descriptor
    this.values = values
  }

  get(): Immutable<V> | Absent {
    const { keyGroup, key } = this.current()
    const value = this.values.get(0, keyGroup, key)
    return value === undefined ? this.descriptor.absent : (value as Immutable<V>)
  }

  set(value: Immutable<V>): void {
    const { keyGroup, key } = this.current()
    const { name, codec } = this.descriptor
    this.values.set(0, keyGroup, key, accepted(name, codec.accept, value))
  }

  update(fn: (value: Immutable<V> | Absent) => Immutable<V>): Immutable<V> {
    this.set(fn(this.get()))
    return this.get() as Immutable<V>
  }

  clear(): void {
    const { keyGroup, key } = this.current()
    this.values.delete(0, keyGroup, key)
  }

  private current(): KeyScope {
    this.scope.check(`state ${this.descriptor.name} is used`)
    return this.scope
  }
}
