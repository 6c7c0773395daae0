/** Cut a stream into windows. */
import type { DurationMs } from '../../topology/duration.ts'
import { TopologyError } from '../../topology/errors.ts'
import type { AnyStream, ElementOf, KeyedStream, Transform } from '../../topology/stream.ts'
import { keyFieldsOf } from '../key-by.ts'
import { single } from '../single.ts'
import { onEventTime, refused, type Trigger, tracksChanges } from './trigger.ts'
import { areTimed, type TimedWindows, type Windows } from './windows.ts'

declare const keyType: unique symbol
declare const elementType: unique symbol

/** A stream cut into windows, waiting to be aggregated. `K` holds the key's columns, `T` the records. */
export interface WindowedStream<K, T> {
  readonly input: AnyStream
  /** The columns of the key: none of a stream without, and `key` where a function makes it. */
  readonly keyColumns: readonly string[]
  /** Those that lineage can see; undefined where a function makes the key. */
  readonly keyFields: readonly string[] | undefined
  readonly windows: Windows
  readonly trigger: Trigger
  readonly allowedLatenessMs: number
  /** Type only. */
  readonly [keyType]: (key: K) => K
  /** Type only. */
  readonly [elementType]: (value: T) => T
}

export type WindowKeyOf<S> = S extends { readonly [keyType]: (key: infer K) => any } ? K : never
export type WindowElementOf<S> = S extends { readonly [elementType]: (value: infer T) => any } ? T : never

export interface WindowOptions {
  /**
   * How long after its end, in event time, a window still takes records.
   *
   * @default 0
   */
  readonly allowedLateness?: DurationMs
  /**
   * When a window fires: see `onEventTime`, `early`, `onCount` and `purging`.
   *
   * @default onEventTime(): once, when the watermark has passed its end and the allowed lateness
   */
  readonly trigger?: Trigger
}

/** What may be said of a kind of windows: of a number of records nothing, of one without an end only when it fires. */
export type WindowOptionsOf<W> = W extends TimedWindows
  ? WindowOptions
  : W extends { readonly kind: 'global' }
    ? NoLateness
    : NoLateness & { readonly trigger?: never }

type NoLateness = Pick<WindowOptions, 'trigger'> & { readonly allowedLateness?: never }

/**
 * Cuts a keyed stream into windows: each key has its own. The stream must have event times (see `eventTime`), unless the
 * windows are `global` or counted.
 *
 * A window closes when the watermark passes its end + `allowedLateness` (in full: when no record before that moment is
 * expected any more); what comes for it afterwards is late. Its results are written then, once; a `trigger` writes them
 * earlier or more often. Stateless: what gathers the windows keeps what is in them.
 *
 * Guarantee: a record falls into each of its windows that is open, and leaves by `late` when none is.
 *
 * @throws {TopologyError} `UNKEYED`; `WINDOW_LATENESS` when the allowed lateness is negative or no number;
 * `WINDOW_TRIGGER` when the windows can't have that trigger.
 * @example
 * orders.pipe(
 *   keyBy('userId'),
 *   window(tumbling(days(1)), { allowedLateness: hours(1) }),
 *   aggregate({ orders: count() }),
 * )
 */
export function window<S extends KeyedStream<any, any>, const W extends Windows = Windows>(
  windows: W,
  options?: WindowOptionsOf<W>,
): Transform<S, S extends KeyedStream<infer K, infer T> ? WindowedStream<K, T> : never> {
  const settings = settingsOf(windows, options)
  return (input) => {
    const keyFields = keyFieldsOf(input, 'window')
    return Object.freeze({ input, keyFields, keyColumns: keyFields ?? ['key'], ...settings }) as never
  }
}

/**
 * Cuts a stream into windows of all of its records, whatever their key: one subtask has to see them all, so use it behind
 * what makes the stream small. Else as `window`. Stateless: what gathers the windows keeps what is in them.
 *
 * Guarantee: a record falls into each of its windows that is open, and leaves by `late` when none is.
 *
 * @throws {TopologyError} as `window`.
 * @example orders.pipe(windowAll(tumbling(minutes(1))), aggregate({ orders: count() }))
 */
export function windowAll<S extends AnyStream, const W extends Windows = Windows>(
  windows: W,
  options?: WindowOptionsOf<W>,
): Transform<S, WindowedStream<Record<never, never>, ElementOf<S>>> {
  const settings = settingsOf(windows, options)
  return (input) => Object.freeze({ input: single()(input), keyFields: [], keyColumns: [], ...settings }) as never
}

function settingsOf(windows: Windows, options: WindowOptions = {}) {
  const { allowedLateness: allowedLatenessMs = 0, trigger = onEventTime() } = options
  if (!(Number.isSafeInteger(allowedLatenessMs) && allowedLatenessMs >= 0)) {
    throw new TopologyError('WINDOW_LATENESS', `allowedLateness can't be ${allowedLatenessMs} ms`, {
      fix: 'Use a duration of 0 or more, as in { allowedLateness: hours(1) }.',
    })
  }
  if (!areTimed(windows) && allowedLatenessMs > 0) {
    throw new TopologyError('WINDOW_LATENESS', `${windows.kind} windows have no end to be late for`, {
      fix: 'Leave allowedLateness out.',
    })
  }
  if (windows.kind === 'count' && options.trigger !== undefined) {
    throw refused('windows of a number of records fire with the last of them', 'Leave the trigger out.')
  }
  if (windows.kind === 'sliding' && windows.slideMs < windows.sizeMs && trigger.purges) {
    throw refused(
      'sliding windows share what they gather, so none of them can purge it',
      'Leave purging() out, or use tumbling windows.',
    )
  }
  return { windows, trigger, allowedLatenessMs }
}

/** What a plan says of the windows: of the trigger only where it is not the one that windows have anyway. */
export function windowParameters({ windows, trigger, allowedLatenessMs }: WindowedStream<any, any>) {
  const isPlain = !trigger.firesLate && !trigger.purges && !tracksChanges(trigger)
  return { window: { ...windows }, allowedLatenessMs, ...(!isPlain && { trigger: { ...trigger } }) }
}
