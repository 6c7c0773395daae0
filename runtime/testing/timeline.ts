/** Streams written as text: `a--b-(cd)>-|` is what happens, from left to right, a frame of time to a character. */
import { type DurationMs, milliseconds } from '../../topology/duration.ts'
import { SluiceError } from '../../topology/errors.ts'

/** Something that happens at a moment of event time, milliseconds since the epoch. */
export type TimelineEvent<T> =
  | { readonly kind: 'record'; readonly atMs: number; readonly row: T }
  | { readonly kind: 'watermark' | 'end'; readonly atMs: number }

/** In the order of time. */
export type Timeline<T> = readonly TimelineEvent<T>[]

export interface TimelineOptions {
  /** How long a character lasts. @default 1 ms */
  readonly frameMs?: DurationMs
  /** When the first character is, milliseconds since the epoch. @default 0 */
  readonly startMs?: number
}

/** Who takes part in a timeline: an input of `testOperator`, or a source of `testTopology`. */
export interface TimelineTarget<T> {
  happen(event: TimelineEvent<T>): unknown
}

/**
 * Reads a timeline.
 *
 * ```text
 * -      a frame in which nothing happens
 * a      a record: rows.a, or what rows.a makes of its event time
 * (ab)   records at the same moment, that of the bracket; time goes on by the width of it all
 * >      a watermark: nothing from this moment or before it comes any more
 * |      the end of the input, drained: windows close
 * ```
 *
 * Spaces take no time.
 *
 * @throws {SluiceError} `TIMELINE` naming the character that means nothing.
 * @example timeline('a--b->|', { a: { user: 'ann' }, b: (atMs) => ({ user: `bob at ${atMs}` }) }, { frameMs: minutes(1) })
 */
export function timeline<T>(
  diagram: string,
  rows: Readonly<Record<string, T | ((atMs: number) => T)>>,
  { frameMs = milliseconds(1), startMs = 0 }: TimelineOptions = {},
): Timeline<T> {
  const events: TimelineEvent<T>[] = []
  let frame = 0
  /** Where the bracket began that is open. */
  let together: number | undefined
  for (const character of diagram.replaceAll(' ', '')) {
    const atMs = startMs + (together ?? frame) * frameMs
    if (character === '(') together = frame
    else if (character === ')') together = undefined
    else if (character === '>') events.push({ kind: 'watermark', atMs })
    else if (character === '|') events.push({ kind: 'end', atMs })
    else if (character !== '-') events.push({ kind: 'record', atMs, row: rowOf(rows, character, diagram, atMs) })
    frame++
  }
  return events
}

/** Plays timelines side by side, each into its own input: what comes first happens first. */
export function play(...lanes: readonly (readonly [target: TimelineTarget<any>, events: Timeline<any>])[]): void {
  const events = lanes.flatMap(([target, timeline]) => timeline.map((event) => ({ target, event })))
  // Stable: at the same moment, in the order of the lanes.
  events.sort((a, b) => a.event.atMs - b.event.atMs)
  for (const { target, event } of events) target.happen(event)
}

function rowOf<T>(
  rows: Readonly<Record<string, T | ((atMs: number) => T)>>,
  name: string,
  diagram: string,
  atMs: number,
): T {
  const row = rows[name]
  if (row === undefined) {
    throw new SluiceError('TIMELINE', `the timeline ${diagram} has a "${name}" that stands for nothing`, {
      fix: `Name its row beside it: { ${name}: … }. Known are ${Object.keys(rows).join(', ') || 'none'}, and - ( ) > |.`,
      details: { diagram, name },
    })
  }
  return typeof row === 'function' ? (row as (atMs: number) => T)(atMs) : row
}
