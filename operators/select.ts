/** Keep some columns, drop the others. */
import type { z } from 'zod'
import { fieldsOf, type Row } from '../topology/schema/index.ts'
import { append, type ElementOf, type StreamHandle, type StreamLike, type Transform } from '../topology/stream.ts'
import { columnCopier } from './column-copier.ts'
import { emptyRow } from './row-shape.ts'

/** The schema, if every column of it is in `T` with a type that fits; else what does not, to be read in the error. */
export type SelectableFrom<T, S extends z.ZodObject> =
  T extends Row<S> ? S : { readonly 'columns that are missing or of another type': MismatchedColumns<T, Row<S>> }

type MismatchedColumns<T, R> = {
  [K in keyof R]: K extends keyof T ? (T[K] extends R[K] ? never : K) : K
}[keyof R]

/**
 * Keeps the columns that `schema` has, in its order. Values are not changed or checked: the types have said they fit.
 *
 * Event times, watermarks and barriers pass unchanged; a keyed stream is keyed no more. Stateless.
 *
 * Guarantee: one row out for each in, in their order.
 *
 * @example candidates.pipe(select(SilverEvent)) // drops raw_payload
 */
export function select<S extends StreamHandle, R extends z.ZodObject>(
  schema: R & SelectableFrom<ElementOf<S>, R>,
): Transform<S, StreamLike<S, Row<R>>> {
  const fields = fieldsOf(schema)
  const columns = fields.map((field) => field.name)
  const empty = emptyRow(columns)
  const copy = columnCopier(columns.map((column) => ({ from: column, to: column })))
  const fn = (row: Readonly<Record<string, unknown>>) => {
    const selected = { ...empty }
    copy(row, selected)
    return selected
  }
  return (input) =>
    append(input, {
      kind: 'select',
      parameters: { columns },
      behaviour: { type: 'row', step: 'map', fn },
      columns: { out: Object.fromEntries(columns.map((column) => [column, [column]])) },
      time: 'ignores',
      fields,
    })
}
