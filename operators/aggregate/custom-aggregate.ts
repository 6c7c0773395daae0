/** An aggregate that a job brings itself. */
import type { z } from 'zod'
import type { Row } from '../../topology/schema/index.ts'
import { checkDeclaration, declaredLayout, type VersionOptions } from '../../topology/state/declaration.ts'
import type { Immutable } from '../../topology/state/immutable.ts'
import { schemaCodec } from '../../topology/state/schema-codec.ts'
import { describeResult, isPromise } from '../../topology/user-function.ts'
import type { TimeWindow } from '../window/time-window.ts'
import type { Aggregate } from './aggregate.ts'

export interface CustomAggregateOptions<T, S extends z.core.SomeType, R> extends VersionOptions<Immutable<Row<S>>> {
  /** What it is called in plans and errors. */
  readonly name: string
  /** What an accumulator is: an object, or anything else that a column can be. */
  readonly accumulator: S
  /** The accumulator of no records. */
  readonly create: () => Immutable<Row<S>>
  /** The accumulator with a record added; the one it is given stays as it is. `timestampMs` is NaN without event times. */
  readonly add: (accumulator: Immutable<Row<S>>, row: T, timestampMs: number) => Immutable<Row<S>>
  /** The accumulator of both; must give what adding all their records to one would have given. */
  readonly merge: (a: Immutable<Row<S>>, b: Immutable<Row<S>>) => Immutable<Row<S>>
  readonly result: (accumulator: Immutable<Row<S>>, window: TimeWindow) => R
}

/**
 * An aggregate of the job's own: an accumulator that is described by a schema, and four functions.
 *
 * The accumulator is checked against its schema whenever a function returns one, kept in keyed state and in checkpoints as
 * the schema says, with its version, and never changed in place. `merge` is needed since panes, sessions and parts of an
 * exchange gather apart.
 *
 * @throws {TopologyError} `SCHEMA_UNSUPPORTED`, `STATE_DECLARATION` when the name or version can't be.
 * @throws {OperatorError} naming the aggregate and the record, when a function throws or returns no accumulator.
 * @example
 * const weightedMean = customAggregate({
 *   name: 'weightedMean',
 *   accumulator: z.object({ weight: double(), sum: double() }),
 *   create: () => ({ weight: 0, sum: 0 }),
 *   add: ({ weight, sum }, trade: { size: number; price: number }) => ({ weight: weight + trade.size, sum: sum + trade.size * trade.price }),
 *   merge: (a, b) => ({ weight: a.weight + b.weight, sum: a.sum + b.sum }),
 *   result: ({ weight, sum }) => (weight === 0 ? null : sum / weight),
 * })
 */
export function customAggregate<T, S extends z.core.SomeType, R>(
  options: CustomAggregateOptions<T, S, R>,
): Aggregate<T, R> {
  const { name, accumulator, version = 1, migrate, create, add, merge, result } = options
  checkDeclaration(name, version)
  const codec = schemaCodec<any>({
    name: 'customAggregate',
    version,
    layout: { value: declaredLayout(name, accumulator) },
    migrate,
  })
  function kept(accumulator: unknown): unknown {
    // A promise would pass for an object whose fields are all null.
    if (!isPromise(accumulator)) return codec.accept(accumulator)
    throw new TypeError(`it must return an accumulator, not ${describeResult(accumulator)}`)
  }

  return {
    description: name,
    reads: '*',
    codec,
    create: () => kept(create()),
    add: (into, row, timestampMs) => kept(add(into, row, timestampMs)),
    merge: (into, from) => kept(merge(into, from)),
    result(gathered, window) {
      const value = result(gathered, window)
      if (value !== undefined && !isPromise(value)) return value
      throw new TypeError(`its result must be a value, not ${describeResult(value)}`)
    },
  }
}
