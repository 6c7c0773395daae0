/** The behaviour of `intervalJoin`. */
import type { Operator, OperatorContext } from '../../topology/contract/operator.ts'
import type { Batch, Watermark } from '../../topology/element.ts'
import { DueHeap } from '../due-heap.ts'
import { RowOutput } from '../row-output.ts'
import type { JoinOptions, JoinType } from './join-options.ts'
import { JoinTimes } from './join-times.ts'
import { createPairing } from './pairing.ts'
import { bucketsOf, type Place, TimeBuffer } from './time-buffer.ts'
import { emitLate, timedRows } from './timed-rows.ts'

export interface IntervalJoinPlan {
  readonly lowerMs: number
  readonly upperMs: number
  readonly options: JoinOptions<any, any, JoinType, any>
}

/** Narrower buckets would keep rows less long, and have each row looked for in more of them. */
const LEAST_BUCKET_MS = 1_000
const BUCKETS_PER_INTERVAL = 4

/** One side, as the other one sees it. */
interface Side {
  readonly rows: TimeBuffer
  /** Rows that match nothing go out. */
  readonly keeps: boolean
  /** What it matches on the other side lies from `fromMs` to `toMs` behind it. */
  readonly fromMs: number
  readonly toMs: number
  /** When rows that have matched nothing so far never will. */
  readonly due: DueHeap<Place>
}

export function createIntervalJoin(context: OperatorContext, plan: IntervalJoinPlan): Operator {
  const { lowerMs, upperMs } = plan
  const pairing = createPairing(context.uid, plan.options)
  const buckets = bucketsOf(Math.max(LEAST_BUCKET_MS, Math.ceil((upperMs - lowerMs) / BUCKETS_PER_INTERVAL)))
  const left = openSide('left', lowerMs, upperMs, pairing.keepsLeft)
  const right = openSide('right', -upperMs, -lowerMs, pairing.keepsRight)
  const sides = [left, right]
  const times = new JoinTimes(context)
  const output = new RowOutput(context)
  const gauges = ['left', 'right'].map((state) => context.metrics.gauge('state_entries', { state }))
  const select = (side: Side, own: unknown, other: unknown) =>
    side === left ? pairing.select(own, other) : pairing.select(other, own)

  function openSide(name: string, fromMs: number, toMs: number, keeps: boolean): Side {
    const side = { rows: new TimeBuffer(context, name, buckets), keeps, fromMs, toMs, due: new DueHeap<Place>() }
    if (keeps) for (const place of side.rows.places()) side.due.push(settledAtMs(side, place.timestampMs), place)
    return side
  }

  /** The watermark at which nothing can match a row any more that has not yet; not before its own time. */
  function settledAtMs(side: Pick<Side, 'toMs'>, timestampMs: number): number {
    return timestampMs + Math.max(0, side.toMs)
  }

  function join(side: Side, other: Side, keyGroup: number, key: Place['key'], timestampMs: number, row: unknown): void {
    let met = false
    other.rows.each(keyGroup, key, timestampMs + side.fromMs, timestampMs + side.toMs, (found, foundMs) => {
      if (!(side === left ? pairing.matches(row, found) : pairing.matches(found, row))) return false
      met = true
      output.push(select(side, row, found), Math.max(timestampMs, foundMs))
      return other.keeps
    })
    const place = side.rows.add(keyGroup, key, timestampMs, row, met)
    if (side.keeps && !met) side.due.push(settledAtMs(side, timestampMs), place)
  }

  /** Sends what has matched nothing by `toMs`, the earliest first. */
  function settle(side: Side, toMs: number): void {
    for (let place = side.due.pop(toMs); place !== undefined; place = side.due.pop(toMs)) {
      const row = side.rows.takeUnmet(place)
      if (row !== undefined) output.push(select(side, row, null), settledAtMs(side, place.timestampMs))
    }
  }

  return {
    onBatch(batch: Batch, input: number) {
      const { values, timestampsMs, keys, keyGroups } = timedRows(context, batch)
      const [side, other] = [sides[input]!, sides[1 - input]!]
      const { settledMs } = times
      const late: number[] = []
      for (let i = 0; i < values.length; i++) {
        if (timestampsMs[i]! <= settledMs) late.push(i)
        else join(side, other, keyGroups[i]!, keys[i]!, timestampsMs[i]!, values[i])
      }
      output.flush()
      emitLate(context, batch, input, late)
    },

    onWatermark(watermark: Watermark) {
      const toMs = watermark.timestampMs
      for (const side of sides) settle(side, toMs)
      output.flush()
      if (toMs === Number.POSITIVE_INFINITY) for (const { rows } of sides) times.drained(rows.lastMs())
      times.advance(toMs)
      for (const [index, side] of sides.entries()) {
        side.rows.dropBefore(toMs - Math.max(0, side.toMs))
        gauges[index]!.set(side.rows.size)
      }
      return watermark
    },
  }
}
