/**
 * Rows of one side of a join, per key in the order of their event times, until the watermark lets them go.
 *
 * Keyed state, in buckets of time: a bucket is a namespace, and dropped whole. Each row is an entry of its own, under
 * the composite of its key and its number in the bucket, so that a snapshot copies and encodes row by row, however many
 * rows a key has. Beside them an index per key and bucket tells which number has which time:
 *
 * ```text
 * left          bucket │ (key, 0) → met, row   (key, 1) → met, row   (key, 2) → met, row
 * left-index    bucket │ key → times 10 12 15, numbers 0 2 1
 * ```
 */
import { boolean, dynamic, float64, list, tuple, varint } from '../../topology/codec/index.ts'
import type { OperatorContext } from '../../topology/contract/operator.ts'
import type { KeyedState } from '../../topology/contract/state.ts'
import type { Key } from '../../topology/element.ts'
import { compositeKey } from '../../topology/key.ts'

/** Cuts time into buckets. */
export interface Buckets {
  /** The number of the bucket that an event time lies in; numbers follow each other as times do. */
  indexOf(timestampMs: number): number
  /** When a bucket begins, and the one before it ends. */
  startMs(index: number): number
}

/** Of width `widthMs`. */
export function bucketsOf(widthMs: number): Buckets {
  return { indexOf: (timestampMs) => Math.floor(timestampMs / widthMs), startMs: (index) => index * widthMs }
}

/** One for all times. */
export const ONE_BUCKET: Buckets = { indexOf: () => 0, startMs: (index) => (index <= 0 ? 0 : Number.POSITIVE_INFINITY) }

/** Where a row lies. */
export interface Place {
  readonly bucket: number
  readonly keyGroup: number
  readonly key: Key
  /** Among the rows of its key and bucket, in the order they came. */
  readonly number: number
  readonly timestampMs: number
}

/** What to do with a row that was found; `met` says whether it has met another before. Returns whether it has now. */
export type Visit = (row: any, timestampMs: number, met: boolean) => boolean

type Entry = [met: boolean, row: unknown]
type Index = [timesMs: number[], numbers: number[]]

const ENTRY = tuple(boolean, dynamic)
const INDEX = tuple(list(float64), list(varint))

export class TimeBuffer {
  private readonly buckets: Buckets
  private readonly entries: KeyedState<Entry>
  private readonly indices: KeyedState<Index>
  /** The buckets that hold anything, ascending. */
  private readonly live: number[]

  /** @param name of the state: `left`, beside which there will be `left-index` */
  constructor(context: OperatorContext, name: string, buckets: Buckets) {
    this.buckets = buckets
    this.entries = context.state.keyed<Entry>({ name, codec: ENTRY })
    this.indices = context.state.keyed<Index>({ name: `${name}-index`, codec: INDEX })
    this.live = this.indices.namespaces()
  }

  /** How many rows are kept. */
  get size(): number {
    return this.entries.size
  }

  add(keyGroup: number, key: Key, timestampMs: number, row: unknown, met = false): Place {
    const bucket = this.buckets.indexOf(timestampMs)
    let index = this.indices.update(bucket, keyGroup, key)
    if (index === undefined) {
      index = [[], []]
      this.open(bucket)
      this.indices.set(bucket, keyGroup, key, index)
    }
    const [timesMs, numbers] = index
    const number = numbers.length
    // Most rows come in the order of their times.
    if (number === 0 || timesMs[number - 1]! <= timestampMs) {
      timesMs.push(timestampMs)
      numbers.push(number)
    } else {
      const place = placeOf(timesMs, timestampMs, true)
      timesMs.splice(place, 0, timestampMs)
      numbers.splice(place, 0, number)
    }
    this.entries.set(bucket, keyGroup, compositeKey([key, number]), [met, row])
    return { bucket, keyGroup, key, number, timestampMs }
  }

  /** Visits the rows of a key from `fromMs` to `toMs`, both inclusive, in the order of their times. */
  each(keyGroup: number, key: Key, fromMs: number, toMs: number, visit: Visit): void {
    const [first, last] = [this.buckets.indexOf(fromMs), this.buckets.indexOf(toMs)]
    for (const bucket of this.live) {
      if (bucket < first) continue
      if (bucket > last) return
      const index = this.indices.get(bucket, keyGroup, key)
      if (index === undefined) continue
      const [timesMs, numbers] = index
      for (let i = placeOf(timesMs, fromMs); i < timesMs.length && timesMs[i]! <= toMs; i++) {
        const entryKey = compositeKey([key, numbers[i]!])
        const entry = this.entries.get(bucket, keyGroup, entryKey)
        if (entry === undefined) continue
        const [met, row] = entry
        if (visit(row, timesMs[i]!, met) && !met) this.entries.update(bucket, keyGroup, entryKey)![0] = true
      }
    }
  }

  /** The row at a place, unless it has met another; from now on it counts as met, so that nobody gets it twice. */
  takeUnmet({ bucket, keyGroup, key, number }: Place): unknown {
    const entry = this.entries.update(bucket, keyGroup, compositeKey([key, number]))
    if (entry === undefined || entry[0]) return undefined
    entry[0] = true
    return entry[1]
  }

  /** Takes the row at a place out; undefined when somebody has before. Its time stays in the index. */
  take({ bucket, keyGroup, key, number }: Place): unknown {
    const entryKey = compositeKey([key, number])
    const entry = this.entries.get(bucket, keyGroup, entryKey)
    if (entry === undefined) return undefined
    this.entries.delete(bucket, keyGroup, entryKey)
    return entry[1]
  }

  /** The latest event time of all rows, taken or not; −∞ when there are none. */
  lastMs(): number {
    let lastMs = Number.NEGATIVE_INFINITY
    for (const [, , [timesMs]] of this.indices.entries(this.live.at(-1) ?? 0)) {
      lastMs = Math.max(lastMs, timesMs.at(-1)!)
    }
    return lastMs
  }

  /** Where every row lies, or has lain: to be asked once, after a restore. */
  *places(): Generator<Place> {
    for (const bucket of this.live) {
      for (const [keyGroup, key, [timesMs, numbers]] of this.indices.entries(bucket)) {
        for (let i = 0; i < numbers.length; i++) {
          yield { bucket, keyGroup, key, number: numbers[i]!, timestampMs: timesMs[i]! }
        }
      }
    }
  }

  /** Drops the buckets that lie before `beforeMs` as a whole. */
  dropBefore(beforeMs: number): void {
    while (this.live.length > 0 && this.buckets.startMs(this.live[0]! + 1) <= beforeMs) {
      const bucket = this.live.shift()!
      this.indices.drop(bucket)
      this.entries.drop(bucket)
    }
  }

  private open(bucket: number): void {
    if (this.live.includes(bucket)) return
    this.live.push(bucket)
    this.live.sort((a, b) => a - b)
  }
}

/** The first place whose time is not before `timestampMs`; with `after`, whose time is behind it. */
function placeOf(timesMs: readonly number[], timestampMs: number, after = false): number {
  let [from, to] = [0, timesMs.length]
  while (from < to) {
    const middle = (from + to) >> 1
    const timeMs = timesMs[middle]!
    if (timeMs < timestampMs || (after && timeMs === timestampMs)) from = middle + 1
    else to = middle
  }
  return from
}
