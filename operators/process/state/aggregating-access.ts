/** Aggregating state as a process function sees it: that of the current key. */
import type { TimeWindow } from '../../window/time-window.ts'
import type { KeyScope } from '../key-scope.ts'
import type { AggregatingState, AggregatingStateDescriptor } from './aggregating-state.ts'
import type { Entries } from './entries.ts'

/** All of time. */
const ALWAYS: TimeWindow = { startMs: Number.NEGATIVE_INFINITY, endMs: Number.POSITIVE_INFINITY }

/** One entry of keyed state per key: the accumulator, changed in place. */
export class AggregatingAccess<T, R> implements AggregatingState<T, R> {
  private readonly scope: KeyScope
  private readonly descriptor: AggregatingStateDescriptor<T, R>
  private readonly accumulators: Entries<any>

  constructor(scope: KeyScope, descriptor: AggregatingStateDescriptor<T, R>, accumulators: Entries<any>) {
    this.scope = scope
    this.descriptor = descriptor
    this.accumulators = accumulators
  }

  get(): R | undefined {
    const { keyGroup, key } = this.current()
    const gathered = this.accumulators.get(0, keyGroup, key)
    return gathered === undefined ? undefined : this.descriptor.aggregate.result(gathered, ALWAYS)
  }

  add(row: T): void {
    const { keyGroup, key, timestampMs } = this.current()
    const { aggregate, name } = this.descriptor
    const kept = this.accumulators.update(0, keyGroup, key)
    try {
      const gathered = aggregate.add(kept === undefined ? aggregate.create() : kept, row, timestampMs ?? Number.NaN)
      this.accumulators.set(0, keyGroup, key, gathered)
    } catch (cause) {
      throw new TypeError(`state ${name}: ${aggregate.description}: ${(cause as Error).message}`, { cause })
    }
  }

  clear(): void {
    const { keyGroup, key } = this.current()
    this.accumulators.delete(0, keyGroup, key)
  }

  private current(): KeyScope {
    this.scope.check(`state ${this.descriptor.name} is used`)
    return this.scope
  }
}
