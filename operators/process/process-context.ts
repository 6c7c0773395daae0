/** What a process function works with, and the types of it. */
import type { z } from 'zod'
import type { Row } from '../../topology/schema/index.ts'
import type { ListState, ListStateDescriptor } from '../../topology/state/list-state.ts'
import type { MapState, MapStateDescriptor } from '../../topology/state/map-state.ts'
import type { ReducingState, ReducingStateDescriptor } from '../../topology/state/reducing-state.ts'
import type { ValueState, ValueStateDescriptor } from '../../topology/state/value-state.ts'
import type { Flat, KeyedStream, Stream } from '../../topology/stream.ts'
import type { AggregatingState, AggregatingStateDescriptor } from './state/aggregating-state.ts'

/** What is kept per key, by the names under which the function finds it: `{ total: valueState(…) }`. */
export type StateDeclarations = Readonly<Record<string, StateDescriptor>>

export type StateDescriptor =
  | ValueStateDescriptor<any, any>
  | MapStateDescriptor<any, any>
  | ListStateDescriptor<any>
  | ReducingStateDescriptor<any>
  | AggregatingStateDescriptor<any, any>

/** Side outputs, by name: the schemas of their rows. */
export type SideDeclarations = Readonly<Record<string, z.ZodObject>>

/** It is the same object for every call, and of use until the function returns. */
export interface ProcessContext<K, D, R, P = Record<never, never>> {
  /** The record's key: the value it is keyed by; where those are several, an object of them. */
  readonly key: K
  /**
   * The record's event time, milliseconds since the epoch, or the moment of the event-time timer; undefined where none has
   * been assigned.
   */
  readonly timestampMs: number | undefined
  /** The watermark, −∞ before the first. It does not regress, also over a restore. */
  readonly watermarkMs: number
  /** The processing time, milliseconds since the epoch. */
  readonly processingTimeMs: number
  /** What is kept for the key. */
  readonly state: { readonly [N in keyof D]: StateOf<D[N]> }
  readonly timers: Timers
  /** Sends a row out, with the event time that is `timestampMs`. */
  readonly emit: (row: R) => void
  /** Sends a row out of a side output, as `emit`. */
  readonly emitTo: <N extends SideName<P>>(side: N, row: SideRow<P[N]>) => void
}

/**
 * Timers of the key: at most one for each moment, in event time and in processing time. They are part of every checkpoint.
 *
 * @throws {TypeError} when a time is no whole number, or the operator has no `onTimer`
 */
export interface Timers {
  /** Calls `onTimer` once the watermark has reached `timeMs`; right after this call, when it has already. */
  eventTime(timeMs: number): void
  /** Calls `onTimer` when the clock says `timeMs`, or as soon as it runs again. */
  processingTime(timeMs: number): void
  deleteEventTime(timeMs: number): void
  deleteProcessingTime(timeMs: number): void
}

/** A timer that has come due. */
export interface Timer {
  readonly timeMs: number
  readonly domain: 'event' | 'processing'
}

/** What a declared state is to the function. */
export type StateOf<D> =
  D extends ValueStateDescriptor<infer V, infer Absent>
    ? ValueState<V, Absent>
    : D extends MapStateDescriptor<infer K, infer V>
      ? MapState<K, V>
      : D extends ListStateDescriptor<infer V>
        ? ListState<V>
        : D extends ReducingStateDescriptor<infer V>
          ? ReducingState<V>
          : D extends AggregatingStateDescriptor<infer T, infer R>
            ? AggregatingState<T, R>
            : never

/** The key of a keyed stream's records, as `ProcessContext.key` has it. */
export type KeyOf<S> =
  S extends KeyedStream<infer K, any> ? (IsUnion<keyof K> extends true ? Readonly<K> : K[keyof K]) : never

type IsUnion<T, U = T> = T extends unknown ? ([U] extends [T] ? false : true) : never
/** The names of side outputs; of none where the type names none. */
type SideName<P> = string extends keyof P ? never : keyof P & string
type SideRow<Z> = Z extends z.ZodObject ? Row<Z> : never

/** What comes out: one stream, or with side outputs all of them. */
export type ProcessOutputs<R, P> = [SideName<P>] extends [never]
  ? Stream<R>
  : Flat<{ readonly out: Stream<R> } & { readonly [N in keyof P]: Stream<SideRow<P[N]>> }>
