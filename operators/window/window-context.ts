/** What a window function works with, and the types of it. */
import type { TimeWindow } from './time-window.ts'
import type { WindowKeyOf } from './window.ts'

/** It is of use until the function returns. */
export interface WindowContext<K, R> {
  /** The window's key: the value it is keyed by, where those are several an object of them; undefined of a stream without. */
  readonly key: K
  readonly window: TimeWindow
  /** Sends a row out, with the event time of the window. */
  readonly emit: (row: R) => void
}

/** The key of a windowed stream, as `WindowContext.key` has it. */
export type WindowKeyValueOf<S> = KeyValue<WindowKeyOf<S>>

type KeyValue<K> = [keyof K] extends [never] ? undefined : IsUnion<keyof K> extends true ? Readonly<K> : K[keyof K]
type IsUnion<T, U = T> = T extends unknown ? ([U] extends [T] ? false : true) : never
