/** The behaviour of `temporalJoin`: rows of both sides wait for the watermark, and are taken in the order of their times. */
import { dynamic } from '../../topology/codec/index.ts'
import type { Operator, OperatorContext } from '../../topology/contract/operator.ts'
import type { Batch, Watermark } from '../../topology/element.ts'
import { DueHeap } from '../due-heap.ts'
import { RowOutput } from '../row-output.ts'
import type { JoinOptions } from './join-options.ts'
import { JoinTimes } from './join-times.ts'
import { createPairing } from './pairing.ts'
import { bucketsOf, type Place, TimeBuffer } from './time-buffer.ts'
import { emitLate, timedRows } from './timed-rows.ts'

/** A row is let go as it is joined; only what tells its time stays until its bucket is over. */
const BUCKETS = bucketsOf(1_000)

/** What waits of one side. */
interface Side {
  readonly rows: TimeBuffer
  readonly due: DueHeap<Place>
}

export function createTemporalJoin(
  context: OperatorContext,
  options: JoinOptions<any, any, 'inner' | 'left', any>,
): Operator {
  const pairing = createPairing(context.uid, options)
  /** Rows that the watermark has not passed: a version that is older than they are may still come. */
  const left = openSide('left')
  /** Versions to come. */
  const right = openSide('right')
  /** Of each key the version that holds at the watermark. */
  const versions = context.state.keyed<unknown>({ name: 'versions', codec: dynamic })
  const times = new JoinTimes(context)
  const output = new RowOutput(context)
  const gauges = ['left', 'right', 'versions'].map((state) => context.metrics.gauge('state_entries', { state }))

  function openSide(name: string): Side {
    const side = { rows: new TimeBuffer(context, name, BUCKETS), due: new DueHeap<Place>() }
    for (const place of side.rows.places()) side.due.push(place.timestampMs, place)
    return side
  }

  function take({ rows, due }: Side, toMs: number, then: (row: unknown, place: Place) => void): void {
    const place = due.pop(toMs)!
    const row = rows.take(place)
    if (row !== undefined) then(row, place)
  }

  function change(row: unknown, { keyGroup, key }: Place): void {
    versions.set(0, keyGroup, key, row)
  }

  function join(row: unknown, { keyGroup, key, timestampMs }: Place): void {
    const version = versions.get(0, keyGroup, key)
    if (version !== undefined && pairing.matches(row, version)) output.push(pairing.select(row, version), timestampMs)
    else if (pairing.keepsLeft) output.push(pairing.select(row, null), timestampMs)
  }

  /** In the order of time; at one time versions change before rows are joined. */
  function settle(toMs: number): void {
    while (Math.min(left.due.nextMs, right.due.nextMs) <= toMs) {
      if (right.due.nextMs <= left.due.nextMs) take(right, toMs, change)
      else take(left, toMs, join)
    }
    output.flush()
    for (const { rows } of [left, right]) rows.dropBefore(toMs)
  }

  return {
    onBatch(batch: Batch, input: number) {
      const { values, timestampsMs, keys, keyGroups } = timedRows(context, batch)
      const { rows, due } = input === 0 ? left : right
      const { settledMs } = times
      const late: number[] = []
      for (let i = 0; i < values.length; i++) {
        const timestampMs = timestampsMs[i]!
        if (timestampMs <= settledMs) late.push(i)
        else due.push(timestampMs, rows.add(keyGroups[i]!, keys[i]!, timestampMs, values[i]))
      }
      emitLate(context, batch, input, late)
    },

    onWatermark(watermark: Watermark) {
      if (watermark.timestampMs < Number.POSITIVE_INFINITY) {
        settle(watermark.timestampMs)
        times.advance(watermark.timestampMs)
      } else {
        // A drain is not the end of time: rows of a later run may ask for each version behind the last row of this one.
        const lastMs = left.rows.lastMs()
        settle(lastMs)
        times.drained(lastMs)
      }
      for (const [index, { size }] of [left.rows, right.rows, versions].entries()) gauges[index]!.set(size)
      return watermark
    },
  }
}
