/** The accumulators of one key and window, one per aggregate. */
import { float64 } from '../../topology/codec/index.ts'
import { generated, quoted } from '../../topology/generated.ts'
import { userFunctionError } from '../../topology/user-function.ts'
import type { Aggregate } from '../aggregate/aggregate.ts'
import { type Aggregates, type Combined, combine } from '../aggregate/combine.ts'

export interface Accumulators extends Pick<Combined, 'codec' | 'create' | 'merge'> {
  /**
   * Adds record `index` of a batch, by its place: an event time that is passed on would be boxed.
   *
   * @throws {OperatorError} naming the aggregate and the record
   */
  add(accumulators: unknown[], index: number, rows: readonly unknown[], timestampsMs: Float64Array | undefined): void
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
  const { codec, create, merge } = combine(uid, named)
  return { codec, create, merge, add: adder(uid, named) }
}

type Failed = (place: number, row: unknown, error: unknown) => Error
type MakeAdd = (aggregates: readonly Aggregate<unknown, unknown>[], failed: Failed) => Accumulators['add']

/** A place in the code for each aggregate, so that V8 can inline what each of them does with a record. */
function adder(uid: string, named: Aggregates): Accumulators['add'] {
  const names = Object.keys(named)
  const aggregates = Object.values(named) as Aggregate<unknown, unknown>[]
  const steps = names.map((_, i) => `at = ${i}\naccumulators[${i}] = a${i}.add(accumulators[${i}], row, timestampMs)`)
  // The uid makes it code of its own: operators with the same aggregates would share what V8 has learned.
  const code = `
    ${quoted(uid)}
    const [${names.map((_, i) => `a${i}`).join(', ')}] = aggregates
    return (accumulators, index, rows, timestampsMs) => {
      const row = rows[index]
      const timestampMs = timestampsMs === undefined ? NaN : timestampsMs[index]
      let at = 0
      try { ${steps.join('\n')} } catch (error) { throw failed(at, row, error) }
    }`
  const make = generated<MakeAdd>(['aggregates', 'failed'], code, addInLoop)
  return make(aggregates, (place, row, error) =>
    userFunctionError(uid, `${names[place]}: ${aggregates[place]!.description}`, row, error),
  )
}

const addInLoop: MakeAdd = (aggregates, failed) => (accumulators, index, rows, timestampsMs) => {
  for (let place = 0; place < aggregates.length; place++) {
    try {
      const timestampMs = timestampsMs === undefined ? Number.NaN : timestampsMs[index]!
      accumulators[place] = aggregates[place]!.add(accumulators[place], rows[index], timestampMs)
    } catch (error) {
      throw failed(place, rows[index], error)
    }
  }
}
