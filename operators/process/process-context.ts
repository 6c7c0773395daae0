/** What a process function works with, and the types of it. */
import type { MapState, MapStateDescriptor } from '../../topology/state/map-state.ts'
import type { ValueState, ValueStateDescriptor } from '../../topology/state/value-state.ts'
import type { KeyedStream } from '../../topology/stream.ts'

/** What is kept per key, by the names under which the function finds it: `{ total: valueState(…) }`. */
export type StateDeclarations = Readonly<Record<string, ValueStateDescriptor<any, any> | MapStateDescriptor<any, any>>>

/** It is the same object for every record, and of use until the function returns. */
export interface ProcessContext<K, D, R> {
  /** The record's key: the value it is keyed by; where those are several, an object of them. */
  readonly key: K
  /** The record's event time, milliseconds since the epoch; undefined where none has been assigned. */
  readonly timestampMs: number | undefined
  /** The watermark, −∞ before the first. It does not regress, also over a restore. */
  readonly watermarkMs: number
  /** What is kept for the record's key. */
  readonly state: { readonly [N in keyof D]: StateOf<D[N]> }
  /** Sends a row out, with the event time of the record. */
  readonly emit: (row: R) => void
}

/** What a declared state is to the function. */
export type StateOf<D> =
  D extends ValueStateDescriptor<infer V, infer Absent>
    ? ValueState<V, Absent>
    : D extends MapStateDescriptor<infer K, infer V>
      ? MapState<K, V>
      : never

/** The key of a keyed stream's records, as `ProcessContext.key` has it. */
export type KeyOf<S> =
  S extends KeyedStream<infer K, any> ? (IsUnion<keyof K> extends true ? Readonly<K> : K[keyof K]) : never

type IsUnion<T, U = T> = T extends unknown ? ([U] extends [T] ? false : true) : never
