/** The behaviour of `temporalJoin`. */
import { dynamic, float64, list, tuple } from '../../topology/codec/index.ts'
import type { Operator, OperatorContext } from '../../topology/contract/operator.ts'
import type { Batch, Key, Watermark } from '../../topology/element.ts'
import { KeyDues } from '../key-dues.ts'
import { RowOutput } from '../row-output.ts'
import type { JoinOptions } from './join-options.ts'
import { JoinTimes } from './join-times.ts'
import { createPairing } from './pairing.ts'
import { emitLate, timedRows } from './timed-rows.ts'

/** A row and its event time; those of a key in the order of their times, and of one time as they arrived. */
type Timed = [timestampMs: number, row: unknown]

const LEFT = 0

export function createTemporalJoin(
  context: OperatorContext,
  options: JoinOptions<any, any, 'inner' | 'left', any>,
): Operator {
  const pairing = createPairing(context.uid, options)
  const codec = list(tuple(float64, dynamic)) as never
  /** Left rows that the watermark has not passed: a version that is older than they are may still come. */
  const waiting = context.state.keyed<Timed[]>({ name: 'waiting', codec })
  /** Of each key the version that holds at the watermark, and those to come. */
  const versions = context.state.keyed<Timed[]>({ name: 'versions', codec })
  const times = new JoinTimes(context)
  const output = new RowOutput(context)
  const gauges = { waiting: gaugeOf('waiting'), versions: gaugeOf('versions') }
  /** For which key the watermark has something to do next. */
  const due = new KeyDues()
  for (const [keyGroup, key, rows] of waiting.entries(0)) due.add(rows[0]![0], keyGroup, key)
  for (const [keyGroup, key, kept] of versions.entries(0)) {
    if (kept.length > 1) due.add(kept[1]![0], keyGroup, key)
  }

  function gaugeOf(state: string) {
    return context.metrics.gauge('state_entries', { state })
  }

  function add(state: typeof waiting, keyGroup: number, key: Key, timed: Timed): void {
    const rows = state.update(0, keyGroup, key)
    if (rows === undefined) {
      state.set(0, keyGroup, key, [timed])
      return
    }
    let place = rows.length
    while (place > 0 && rows[place - 1]![0] > timed[0]) place--
    rows.splice(place, 0, timed)
  }

  function join([timestampMs, row]: Timed, kept: readonly Timed[]): void {
    let place = kept.length
    while (place > 0 && kept[place - 1]![0] > timestampMs) place--
    const version = kept[place - 1]?.[1]
    if (version !== undefined && pairing.matches(row, version)) output.push(pairing.select(row, version), timestampMs)
    else if (pairing.keepsLeft) output.push(pairing.select(row, null), timestampMs)
  }

  /** Joins what of a key has been passed, and forgets the versions that nothing can ask for any more. */
  function settle(keyGroup: number, key: Key, toMs: number): void {
    const kept = versions.get(0, keyGroup, key) ?? []
    const rows = waiting.get(0, keyGroup, key) ?? []
    const passed = countUpTo(rows, toMs)
    for (const timed of rows.slice(0, passed)) join(timed, kept)
    if (passed > 0 && toMs === Number.POSITIVE_INFINITY) times.drained(rows[passed - 1]![0])
    if (passed === rows.length) waiting.delete(0, keyGroup, key)
    else {
      const rest = waiting.update(0, keyGroup, key)!
      rest.splice(0, passed)
      due.add(rest[0]![0], keyGroup, key)
    }
    // A drain is not the end of time: the next run may ask for each of them.
    const superseded = toMs === Number.POSITIVE_INFINITY ? 0 : countUpTo(kept, toMs) - 1
    if (superseded > 0) versions.update(0, keyGroup, key)!.splice(0, superseded)
    const next = versions.get(0, keyGroup, key)?.[1]
    if (next !== undefined && toMs < Number.POSITIVE_INFINITY) due.add(next[0], keyGroup, key)
  }

  return {
    onBatch(batch: Batch, input: number) {
      const { values, timestampsMs, keys, keyGroups } = timedRows(context, batch)
      const { settledMs } = times
      const late: number[] = []
      for (let i = 0; i < values.length; i++) {
        const [timestampMs, keyGroup, key] = [timestampsMs[i]!, keyGroups[i]!, keys[i]!]
        if (timestampMs <= settledMs) {
          late.push(i)
          continue
        }
        add(input === LEFT ? waiting : versions, keyGroup, key, [timestampMs, values[i]])
        due.add(timestampMs, keyGroup, key)
      }
      emitLate(context, batch, input, late)
    },

    onWatermark(watermark: Watermark) {
      const toMs = watermark.timestampMs
      for (let next = due.take(toMs); next !== undefined; next = due.take(toMs)) settle(next.keyGroup, next.key, toMs)
      output.flush()
      times.advance(toMs)
      gauges.waiting.set(waiting.size)
      gauges.versions.set(versions.size)
      return watermark
    },
  }
}

function countUpTo(rows: readonly Timed[], toMs: number): number {
  let count = 0
  while (count < rows.length && rows[count]![0] <= toMs) count++
  return count
}
