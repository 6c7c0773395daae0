/** The accumulators of one key and window, one per aggregate: made, filled and put together in one call for all of them. */
import { float64, tuple } from '../../topology/codec/index.ts'
import type { ValueCodec } from '../../topology/contract/state.ts'
import { generated, quoted } from '../../topology/generated.ts'
import { userFunctionError } from '../../topology/user-function.ts'
import type { Aggregate } from '../aggregate/aggregate.ts'

/** Aggregates by the names of their results. */
export type Aggregates = Readonly<Record<string, Aggregate<never, unknown>>>

export interface Accumulators {
  /** As state has them: the accumulators, in the order of the aggregates. They may be changed in place. */
  readonly codec: ValueCodec<unknown[]>
  create(): unknown[]
  /**
   * Adds record `index` of a batch, by its place: an event time that is passed on would be boxed.
   *
   * @throws {OperatorError} naming the aggregate and the record
   */
  add(accumulators: unknown[], index: number, rows: readonly unknown[], timestampsMs: Float64Array | undefined): void
  /** Adds what `from` has gathered, which stays as it is. */
  merge(into: unknown[], from: readonly unknown[]): void
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
  const names = Object.keys(named)
  const aggregates = Object.values(named) as Aggregate<unknown, unknown>[]

  function failed(index: number, value: unknown, error: unknown): Error {
    return userFunctionError(uid, `${names[index]}: ${aggregates[index]!.description}`, value, error)
  }

  return {
    codec: tuple(...aggregates.map((aggregate) => aggregate.codec)),
    create: () => aggregates.map((aggregate) => aggregate.create()),
    add: adder(uid, aggregates, failed),
    merge(into, from) {
      for (let i = 0; i < aggregates.length; i++) {
        try {
          into[i] = aggregates[i]!.merge(into[i], from[i])
        } catch (error) {
          throw failed(i, from[i], error)
        }
      }
    },
  }
}

type Failed = (index: number, value: unknown, error: unknown) => Error

/** A place in the code for each aggregate, so that V8 can inline what each of them does with a record. */
function adder(uid: string, aggregates: readonly Aggregate<unknown, unknown>[], failed: Failed): Accumulators['add'] {
  const steps = aggregates.map(
    (_, i) => `at = ${i}\naccumulators[${i}] = a${i}.add(accumulators[${i}], row, timestampMs)`,
  )
  // The uid makes it code of its own: operators with the same aggregates would share what V8 has learned.
  const code = `
    ${quoted(uid)}
    const [${aggregates.map((_, i) => `a${i}`).join(', ')}] = aggregates
    return (accumulators, index, rows, timestampsMs) => {
      const row = rows[index]
      const timestampMs = timestampsMs === undefined ? NaN : timestampsMs[index]
      let at = 0
      try { ${steps.join('\n')} } catch (error) { throw failed(at, row, error) }
    }`
  const make = generated<(from: typeof aggregates, failed: Failed) => Accumulators['add']>(
    ['aggregates', 'failed'],
    code,
    () => (accumulators, index, rows, timestampsMs) => {
      for (let i = 0; i < aggregates.length; i++) {
        try {
          accumulators[i] = aggregates[i]!.add(accumulators[i], rows[index], timestampsMs?.[index] ?? Number.NaN)
        } catch (error) {
          throw failed(i, rows[index], error)
        }
      }
    },
  )
  return make(aggregates, failed)
}
