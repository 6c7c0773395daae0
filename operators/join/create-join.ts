/** The behaviour of `join`. */
import type { Operator, OperatorContext } from '../../topology/contract/operator.ts'
import { type Batch, type Key, RowKind, type Watermark } from '../../topology/element.ts'
import { RowOutput } from '../row-output.ts'
import type { JoinOptions, JoinType } from './join-options.ts'
import { JoinTimes } from './join-times.ts'
import { createPairing } from './pairing.ts'
import { bucketsOf, ONE_BUCKET, TimeBuffer } from './time-buffer.ts'
import { keyedRows } from './timed-rows.ts'

export interface JoinPlan extends JoinOptions<any, any, JoinType, any> {
  readonly ttl?: number
}

/** A row is kept for a quarter longer than it has to be at most. */
const BUCKETS_PER_TTL = 4
/** The event time of a row that has none. */
const UNTIMED = Number.NEGATIVE_INFINITY

export function createJoin(context: OperatorContext, plan: JoinPlan): Operator {
  const { ttl: ttlMs = Number.POSITIVE_INFINITY } = plan
  const pairing = createPairing(context.uid, plan)
  const buckets = plan.ttl === undefined ? ONE_BUCKET : bucketsOf(Math.ceil(ttlMs / BUCKETS_PER_TTL))
  const [left, right] = ['left', 'right'].map((name) => new TimeBuffer(context, name, buckets)) as [
    TimeBuffer,
    TimeBuffer,
  ]
  const gauges = ['left', 'right'].map((state) => context.metrics.gauge('state_entries', { state }))
  const times = new JoinTimes(context)
  const output = new RowOutput(context)

  function push(row: unknown, timestampMs: number, kind: RowKind = RowKind.insert): void {
    output.push(row, timestampMs === UNTIMED ? undefined : timestampMs, kind)
  }

  function joinLeft(row: unknown, timestampMs: number, oldestMs: number, keyGroup: number, key: Key): void {
    let met = false
    right.each(keyGroup, key, oldestMs, Number.POSITIVE_INFINITY, (other, otherMs) => {
      if (pairing.matches(row, other)) {
        met = true
        push(pairing.select(row, other), Math.max(timestampMs, otherMs))
      }
      return false
    })
    if (!met && pairing.keepsLeft) push(pairing.select(row, null), timestampMs)
    if (timestampMs >= oldestMs) left.add(keyGroup, key, timestampMs, row, met)
  }

  function joinRight(row: unknown, timestampMs: number, oldestMs: number, keyGroup: number, key: Key): void {
    left.each(keyGroup, key, oldestMs, Number.POSITIVE_INFINITY, (other, otherMs, met) => {
      if (!pairing.matches(other, row)) return false
      const atMs = Math.max(timestampMs, otherMs)
      if (met || !pairing.keepsLeft) {
        push(pairing.select(other, row), atMs)
      } else {
        push(pairing.select(other, null), atMs, RowKind.updateBefore)
        push(pairing.select(other, row), atMs, RowKind.updateAfter)
      }
      return pairing.keepsLeft
    })
    if (timestampMs >= oldestMs) right.add(keyGroup, key, timestampMs, row)
  }

  return {
    onBatch(batch: Batch, input: number) {
      const { values, keys, keyGroups } = keyedRows(context, batch)
      const { timestampsMs } = batch
      const join = input === 0 ? joinLeft : joinRight
      const oldestMs = times.watermarkMs - ttlMs
      for (let i = 0; i < values.length; i++) {
        join(values[i], timestampsMs?.[i] ?? UNTIMED, oldestMs, keyGroups[i]!, keys[i]!)
      }
      output.flush()
      gauges[0]!.set(left.size)
      gauges[1]!.set(right.size)
    },

    onWatermark(watermark: Watermark) {
      times.advance(watermark.timestampMs)
      for (const rows of [left, right]) rows.dropBefore(times.watermarkMs - ttlMs)
      return watermark
    },
  }
}
