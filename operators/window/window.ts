/** Cut a keyed stream into windows of event time. */
import type { DurationMs } from '../../topology/duration.ts'
import { TopologyError } from '../../topology/errors.ts'
import type { KeyedStream, Transform } from '../../topology/stream.ts'
import type { TumblingWindows } from './tumbling.ts'

declare const keyType: unique symbol
declare const elementType: unique symbol

/** A keyed stream cut into windows, waiting to be aggregated. `K` holds the key's columns, `T` the records. */
export interface WindowedStream<K, T> {
  readonly input: KeyedStream<any, any>
  readonly windows: TumblingWindows
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
}

/**
 * Cuts a keyed stream into windows: each key has its own. The stream must have event times (see `eventTime`).
 *
 * A window closes once, when the watermark passes its end + `allowedLateness` (in full: when no record before that
 * moment is expected any more); its results are written then, and what comes for it afterwards is late.
 *
 * @throws {TopologyError} `WINDOW_LATENESS` when the allowed lateness is negative or no number.
 * @example
 * orders.pipe(
 *   keyBy('userId'),
 *   window(tumbling(days(1)), { allowedLateness: hours(1) }),
 *   aggregate({ orders: count() }),
 * )
 */
export function window<S extends KeyedStream<any, any>>(
  windows: TumblingWindows,
  options: WindowOptions = {},
): Transform<S, S extends KeyedStream<infer K, infer T> ? WindowedStream<K, T> : never> {
  const allowedLatenessMs = options.allowedLateness ?? 0
  if (!(Number.isSafeInteger(allowedLatenessMs) && allowedLatenessMs >= 0)) {
    throw new TopologyError('WINDOW_LATENESS', `allowedLateness can't be ${allowedLatenessMs} ms`, {
      fix: 'Use a duration of 0 or more, as in { allowedLateness: hours(1) }.',
    })
  }
  return (input) => {
    const windowed: Pick<WindowedStream<any, any>, 'input' | 'windows' | 'allowedLatenessMs'> = {
      input,
      windows,
      allowedLatenessMs,
    }
    return Object.freeze(windowed) as never
  }
}
