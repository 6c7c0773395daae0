/** The accumulators of one key and window, one per aggregate. */
import { float64 } from '../../topology/codec/index.ts'
import type { Aggregate } from '../aggregate/aggregate.ts'
import { type Aggregates, type Combined, combine } from '../aggregate/combine.ts'
import { unrolled } from '../aggregate/unrolled.ts'

export interface Accumulators extends Pick<Combined, 'codec' | 'create' | 'merge'> {
  /**
   * Adds the records of a batch from place `from` to before `to`, by their places: an event time that is passed on would be
   * boxed.
   *
   * @throws {OperatorError} naming the aggregate and the record
   */
  add(into: unknown[], from: number, to: number, rows: readonly unknown[], timestampsMs: Float64Array | undefined): void
}

/** The greatest event time of the records: gathered beside the aggregates where windows have no end to tell of. */
export const greatestTime: Aggregate<unknown, number, number> = {
  description: 'greatest event time',
  reads: [],
  codec: float64,
  create: () => Number.NEGATIVE_INFINITY,
  add: (greatestMs, _row, timestampMs) => (Number.isNaN(timestampMs) ? greatestMs : Math.max(greatestMs, timestampMs)),
  merge: (a, b) => Math.max(a, b),
  result: (timeMs) => timeMs,
}

export function accumulatorsOf(uid: string, named: Aggregates): Accumulators {
  const { codec, create, add, merge } = combine(uid, named)
  // One that has no parameter for the event time is not given it: where V8 does not inline the call, it would be boxed.
  const takesTime = Object.values(named).map((each) => each.add.length !== 1 && each.add.length !== 2)
  return {
    codec,
    create: unrolled(
      uid,
      named,
      {
        parameters: [],
        body: (places) => `return [${places.map((i) => `(at = ${i}, a${i}.create())`).join(', ')}]`,
        failedOn: 'undefined',
      },
      create,
    ),
    merge: unrolled(
      uid,
      named,
      {
        parameters: ['into', 'from'],
        body: (places) => places.map((i) => `at = ${i}; into[${i}] = a${i}.merge(into[${i}], from[${i}])`).join('\n'),
        failedOn: 'from[at]',
      },
      merge,
    ),
    add: unrolled<Accumulators['add']>(
      uid,
      named,
      {
        parameters: ['into', 'from', 'to', 'rows', 'timestampsMs'],
        before: 'let index = from',
        body: (places) => `
          for (; index < to; index++) {
            const row = rows[index]
            const timestampMs = timestampsMs === undefined ? NaN : timestampsMs[index]
            ${places
              .map((i) => `at = ${i}; into[${i}] = a${i}.add(into[${i}], row${takesTime[i] ? ', timestampMs' : ''})`)
              .join('\n')}
          }`,
        failedOn: 'rows[index]',
      },
      (into, from, to, rows, timestampsMs) => {
        for (let index = from; index < to; index++) add(into, rows[index], timestampsMs?.[index] ?? Number.NaN)
      },
    ),
  }
}
