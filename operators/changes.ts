/** From a result that goes on changing to the stream of its changes. */
import type { Operator, OperatorContext } from '../topology/contract/operator.ts'
import { Batch } from '../topology/element.ts'
import {
  append,
  type ElementOf,
  type Flat,
  type Stream,
  type Transform,
  type UpdatingStream,
} from '../topology/stream.ts'

/** What a change does to its row: an insert and an update-after put it in, an update-before and a delete take it out. */
export type ChangeKind = 'insert' | 'update-before' | 'update-after' | 'delete'

export interface ChangesOptions<C extends string> {
  /**
   * The column that holds the kind: one that the rows don't have yet.
   *
   * @default kind
   */
  readonly column?: C
}

/** The rows with their kind; of rows that have a column of its name, no stream. */
export type Changes<T, C extends string> =
  C extends NamedColumn<T>
    ? { readonly 'the rows have this column already: name another': C }
    : Stream<Flat<T & { [N in C]: ChangeKind }>>

/** The columns that a type names: of rows that may have any, none. */
type NamedColumn<T> = string extends keyof T ? never : keyof T

/** Indexed by RowKind. */
const KINDS: readonly ChangeKind[] = ['insert', 'update-before', 'update-after', 'delete']

/**
 * Makes a plain stream of an updating one: every change becomes a row of its own, with its kind as a column.
 *
 * Who reads it and applies the changes of a key in their order has the result at every moment; tables take it as a
 * changelog. The key is dropped. Stateless.
 *
 * Guarantee: one row for each change, in their order.
 *
 * @example orderTotals.pipe(changes(), filter(({ kind }) => kind !== 'update-before'))
 */
export function changes<S extends UpdatingStream<any>, const C extends string = 'kind'>(
  options: ChangesOptions<C> = {},
): Transform<S, Changes<ElementOf<S>, C>> {
  const column: string = options.column ?? 'kind'
  return (input) =>
    append<any>(input, {
      kind: 'changes',
      parameters: { column },
      behaviour: { type: 'operator', create: (context) => createChanges(context, column) },
      columns: { out: { '*': ['*'], [column]: [] } },
      time: 'ignores',
      changes: 'takes',
    })
}

function createChanges(context: OperatorContext, column: string): Operator {
  return {
    onBatch({ values, timestampsMs, kinds, origin }: Batch) {
      const rows = values.map((row, index) => ({ ...row, [column]: KINDS[kinds?.[index] ?? 0] }))
      context.emit('out', new Batch(rows, { timestampsMs, origin }))
    },
  }
}
