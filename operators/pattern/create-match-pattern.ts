/** The behaviour of `matchPattern`. */
import { dynamic, list, varint } from '../../topology/codec/index.ts'
import type { Operator, OperatorContext } from '../../topology/contract/operator.ts'
import type { Batch, Key, Watermark } from '../../topology/element.ts'
import { OperatorError } from '../../topology/errors.ts'
import { pickRows } from '../../topology/selection.ts'
import { JoinTimes } from '../join/join-times.ts'
import { RowOutput } from '../row-output.ts'
import { createMatcher, type SkipStrategy } from './matcher.ts'
import type { Path } from './path.ts'
import { type KeyRuns, runsCodec } from './runs.ts'
import type { PatternSpec } from './stages.ts'

export interface MatchPlan {
  readonly spec: PatternSpec
  readonly skip: SkipStrategy
  readonly maxRuns: number
}

export function createMatchPattern(context: OperatorContext, { spec, skip, maxRuns }: MatchPlan): Operator {
  const { stages, withinMs } = spec
  const matcher = createMatcher(context.uid, spec, skip)
  const lateCounter = context.metrics.counter('num_late_records_dropped_total')
  const timedOutCounter = context.metrics.counter('num_timed_out_matches_total')
  const out = new RowOutput(context)
  const timedOut = new RowOutput(context, 'timedOut')

  /** Namespace: the event time. What waits for the watermark, in the order it came. */
  const waiting = context.state.keyed<unknown[]>({ name: 'waiting', codec: list(dynamic) })
  const runs = context.state.keyed<KeyRuns>({ name: 'runs', codec: runsCodec })
  /** Namespace: when the time of a run is up. */
  const deadlines = context.state.keyed<number>({ name: 'deadlines', codec: varint })
  const times = new JoinTimes(context)
  let nextDeadlineMs = deadlines.namespaces()[0] ?? Number.POSITIVE_INFINITY

  function write(output: RowOutput, paths: readonly Path[], timestampMs: number): void {
    for (const path of paths) output.push(path.matched(stages), timestampMs)
  }

  function keep(keyGroup: number, key: Key, kept: KeyRuns): void {
    if (kept.runs.length === 0) {
      runs.delete(0, keyGroup, key)
      return
    }
    if (kept.runs.length > maxRuns) {
      throw new OperatorError(`${context.uid}: more than ${maxRuns} runs of the pattern have begun for one key`, {
        fix: 'Narrow its conditions or within(…), let it skipPastLastEvent, or raise { maxRuns }.',
        details: { uid: context.uid, key, maxRuns },
      })
    }
    runs.set(0, keyGroup, key, kept)
  }

  function take(keyGroup: number, key: Key, row: unknown, timestampMs: number): void {
    const kept = runs.update(0, keyGroup, key) ?? { nextId: 0, runs: [] }
    const id = kept.nextId
    write(out, matcher.take(kept, row, timestampMs), timestampMs)
    keep(keyGroup, key, kept)
    const hasBegun = kept.runs.at(-1)?.path.first.id === id
    if (!hasBegun || withinMs === undefined) return
    deadlines.set(timestampMs + withinMs, keyGroup, key, 0)
    nextDeadlineMs = Math.min(nextDeadlineMs, timestampMs + withinMs)
  }

  function expire(atMs: number): void {
    for (const [keyGroup, key] of deadlines.entries(atMs)) {
      const kept = runs.update(0, keyGroup, key)
      if (kept === undefined) continue
      const expired = matcher.expire(kept, atMs)
      write(out, expired.matches, atMs)
      write(timedOut, expired.timedOut, atMs)
      timedOutCounter.add(expired.timedOut.length)
      keep(keyGroup, key, kept)
    }
    deadlines.drop(atMs)
  }

  function takeAll(timestampMs: number): void {
    for (const [keyGroup, key, rows] of waiting.entries(timestampMs)) {
      for (const row of rows) take(keyGroup, key, row, timestampMs)
    }
    waiting.drop(timestampMs)
  }

  /** In the order of time; at one time runs end before records come. */
  function advance(toMs: number): void {
    const recordTimes = waiting.namespaces()
    for (const timestampMs of recordTimes) {
      if (timestampMs > toMs) break
      expireUpTo(timestampMs)
      takeAll(timestampMs)
      if (toMs === Number.POSITIVE_INFINITY) times.drained(timestampMs)
    }
    expireUpTo(toMs)
  }

  function expireUpTo(toMs: number): void {
    if (nextDeadlineMs > toMs) return
    nextDeadlineMs = Number.POSITIVE_INFINITY
    for (const atMs of deadlines.namespaces()) {
      if (atMs > toMs) {
        nextDeadlineMs = atMs
        return
      }
      expire(atMs)
    }
  }

  return {
    onBatch(batch: Batch) {
      const { values: rows, timestampsMs, keys, keyGroups } = batch
      if (timestampsMs === undefined || keys === undefined || keyGroups === undefined) {
        throw new OperatorError(`${context.uid} got a batch without event times or keys`, {
          details: { uid: context.uid },
        })
      }
      const late: number[] = []
      for (let i = 0; i < rows.length; i++) {
        const timestampMs = timestampsMs[i]!
        if (timestampMs <= times.settledMs) {
          late.push(i)
          continue
        }
        const before = waiting.update(timestampMs, keyGroups[i]!, keys[i]!)
        if (before === undefined) waiting.set(timestampMs, keyGroups[i]!, keys[i]!, [rows[i]])
        else before.push(rows[i])
      }
      if (late.length === 0) return
      lateCounter.add(late.length)
      context.emit('late', pickRows(batch, late))
    },
    onWatermark(watermark: Watermark) {
      advance(watermark.timestampMs)
      times.advance(watermark.timestampMs)
      out.flush()
      timedOut.flush()
      return watermark
    },
  }
}
