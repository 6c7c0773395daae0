/** Several aggregates as one: what windows, running aggregates and partial ones keep per key. */
import { tuple } from '../../topology/codec/index.ts'
import type { ValueCodec } from '../../topology/contract/state.ts'
import { userFunctionError } from '../../topology/user-function.ts'
import type { TimeWindow } from '../window/time-window.ts'
import type { Aggregate } from './aggregate.ts'

/** Named aggregates, as `aggregate` takes them. */
export type Aggregates = Readonly<Record<string, Aggregate<never, unknown>>>

/** One accumulator per aggregate, in the order of their names. May be changed in place. */
export type Accumulators = unknown[]

/** A record of aggregates with the shape of a single one, but for its result, which goes into a row. */
export interface Combined {
  readonly names: readonly string[]
  readonly codec: ValueCodec<Accumulators>
  create(): Accumulators
  /** @throws {OperatorError} naming the operator, the aggregate and the record. */
  add(into: Accumulators, row: unknown, timestampMs: number): void
  /** `from` stays as it is. */
  merge(into: Accumulators, from: Accumulators): void
  /** Sets the columns of the results. */
  write(row: Record<string, unknown>, accumulators: Accumulators, window: TimeWindow): void
}

/** `uid` names the operator in errors. */
export function combine(uid: string, named: Aggregates): Combined {
  const names = Object.keys(named)
  const aggregates = Object.values(named) as Aggregate<unknown, unknown>[]
  const count = aggregates.length

  function failure(place: number, doing: string, value: unknown, error: unknown): Error {
    return userFunctionError(uid, `${names[place]!}: ${aggregates[place]!.description}${doing}`, value, error)
  }

  return {
    names,
    codec: tuple(...aggregates.map((aggregate) => aggregate.codec)),
    create: () =>
      aggregates.map((aggregate, place) => {
        try {
          return aggregate.create()
        } catch (error) {
          throw failure(place, ', creating', undefined, error)
        }
      }),
    add(into, row, timestampMs) {
      for (let place = 0; place < count; place++) {
        try {
          into[place] = aggregates[place]!.add(into[place], row, timestampMs)
        } catch (error) {
          throw failure(place, '', row, error)
        }
      }
    },
    merge(into, from) {
      for (let place = 0; place < count; place++) {
        try {
          into[place] = aggregates[place]!.merge(into[place], from[place])
        } catch (error) {
          throw failure(place, ', merging', from[place], error)
        }
      }
    },
    write(row, accumulators, window) {
      for (let place = 0; place < count; place++) {
        try {
          row[names[place]!] = aggregates[place]!.result(accumulators[place], window)
        } catch (error) {
          throw failure(place, ', its result', accumulators[place], error)
        }
      }
    },
  }
}
