/** An aggregate of the records that a predicate lets through. */
import { checkBoolean } from '../../topology/user-function.ts'
import { type Aggregate, type Input, inputOf, type NeverNullAggregate } from './aggregate.ts'

type Predicate<T> = (row: T) => boolean

/**
 * Gathers only the records for which `predicate` returns true: SQL's `FILTER (WHERE …)`. When it is true for none of
 * them, the result is what the aggregate has for nothing: 0 for `count`, null for `sum`.
 *
 * Fields named before the predicate are what lineage can see: it reads no others.
 *
 * @throws {OperatorError} when the predicate throws or returns no boolean.
 * @example
 * aggregate({
 *   purchases: count(),
 *   small: where(({ amount }) => amount < 10_00n, count()),
 *   productsOfSmall: where(['amount'], ({ amount }) => amount < 10_00n, countDistinct('product_id')),
 * })
 */
export function where<T, R, A>(
  predicate: Predicate<T>,
  of: NeverNullAggregate<NoInfer<T>, R, A>,
): NeverNullAggregate<T, R, A>
export function where<T, R, A>(predicate: Predicate<T>, of: Aggregate<NoInfer<T>, R, A>): Aggregate<T, R | null, A>
export function where<T, const F extends keyof T & string, R, A>(
  fields: readonly F[],
  predicate: Predicate<Pick<T, F>>,
  of: NeverNullAggregate<NoInfer<T>, R, A>,
): NeverNullAggregate<T, R, A>
export function where<T, const F extends keyof T & string, R, A>(
  fields: readonly F[],
  predicate: Predicate<Pick<T, F>>,
  of: Aggregate<NoInfer<T>, R, A>,
): Aggregate<T, R | null, A>
export function where(
  ...parameters: [Predicate<any>, Aggregate<any, any>] | [readonly string[], Predicate<any>, Aggregate<any, any>]
): Aggregate<any, any> {
  return parameters.length === 2
    ? filtered(inputOf(parameters[0], undefined), parameters[1])
    : filtered(inputOf(parameters[0], parameters[1]), parameters[2])
}

function filtered(condition: Input, of: Aggregate<any, any>): Aggregate<any, any> {
  return {
    ...of,
    description: `${of.description} where ${condition.description}`,
    reads: condition.reads === '*' || of.reads === '*' ? '*' : [...new Set([...condition.reads, ...of.reads])],
    add: (accumulator, row, timestampMs) =>
      checkBoolean(condition.read(row)) ? of.add(accumulator, row, timestampMs) : accumulator,
  }
}
