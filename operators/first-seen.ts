/**
 * Which keys have been seen within a horizon: the state of `deduplicate` and of the rule `unique`.
 *
 * Keys lie in buckets by event time, one horizon wide, and a bucket is dropped whole once the watermark has passed all of
 * it by more than the horizon: no work per key, and nothing kept longer than two horizons. A key is looked for in every
 * bucket there is: two or three, unless event times are far ahead of the watermark. (Narrower buckets would keep less,
 * and look up more: a look-up that finds nothing is what a new key costs.)
 */
import { float64 } from '../topology/codec/index.ts'
import type { OperatorContext } from '../topology/contract/operator.ts'
import type { Batch } from '../topology/element.ts'
import { OperatorError, TopologyError } from '../topology/errors.ts'
import { restoredTime, timeEntries } from './watermark/subtask-times.ts'

export interface HorizonOptions {
  readonly uid: string
  /** How long a key is kept after its event time. */
  readonly withinMs: number
}

/** What a record is: the first of its key, a duplicate of one, or too old to tell. */
export const Verdict = { first: 0, duplicate: 1, late: 2 } as const
export type Verdict = (typeof Verdict)[keyof typeof Verdict]

export interface FirstSeen {
  /** Judges row `index` of a batch, and remembers its key when it is the first. */
  judge(batch: Batch, index: number): Verdict
  /** Forgets what the watermark has left behind by more than the horizon; +∞, the end of a drain, forgets nothing. */
  advance(watermarkMs: number): void
}

/** Checks the horizon while the topology is built. @throws {TopologyError} `HORIZON` */
export function createFirstSeen(options: HorizonOptions): (context: OperatorContext) => FirstSeen {
  const { uid, withinMs } = options
  if (!(Number.isSafeInteger(withinMs) && withinMs > 0)) {
    throw new TopologyError('HORIZON', `${uid}: the horizon can't be ${withinMs} ms`, {
      fix: 'Use a duration above 0, as in { within: hours(24) }.',
      details: { uid },
    })
  }
  return (context) => openFirstSeen(context, withinMs)
}

function openFirstSeen(context: OperatorContext, withinMs: number): FirstSeen {
  // Namespace: the bucket's start. The value: the event time of the first record.
  const state = context.state.keyed<number>({ name: 'seen', codec: float64 })
  const times = context.state.split('times')
  const entriesGauge = context.metrics.gauge('state_entries', { state: 'seen' })
  let buckets = state.namespaces()
  let watermarkMs = restoredTime(context, times.restored, 'watermark', 'greatest')
  times.onSnapshot(() => timeEntries(context, { watermark: watermarkMs }))

  return {
    judge(batch, index) {
      const { timestampsMs, keys, keyGroups } = batch
      if (timestampsMs === undefined || keys === undefined || keyGroups === undefined) {
        throw new OperatorError(`${context.uid} got a batch without event times or keys`, {
          details: { uid: context.uid },
        })
      }
      const timestampMs = timestampsMs[index]!
      const oldestMs = watermarkMs - withinMs
      if (timestampMs < oldestMs) return Verdict.late
      const [keyGroup, key] = [keyGroups[index]!, keys[index]!]
      for (let i = 0; i < buckets.length; i++) {
        const firstMs = state.get(buckets[i]!, keyGroup, key)
        // One beyond the horizon is forgotten, though its bucket may still be there.
        if (firstMs !== undefined && firstMs >= oldestMs) return Verdict.duplicate
      }
      const bucket = Math.floor(timestampMs / withinMs) * withinMs
      if (!buckets.includes(bucket)) buckets.push(bucket)
      state.set(bucket, keyGroup, key, timestampMs)
      return Verdict.first
    },

    advance(toMs) {
      if (toMs === Number.POSITIVE_INFINITY || toMs <= watermarkMs) return
      watermarkMs = toMs
      const kept = buckets.filter((bucket) => bucket + 2 * withinMs > toMs)
      if (kept.length < buckets.length) {
        for (const bucket of buckets) if (!kept.includes(bucket)) state.drop(bucket)
        buckets = kept
      }
      entriesGauge.set(state.size)
    },
  }
}
