/** Copies columns between rows whose columns are known when the topology is built: what projections are made of. */
import { generated, quoted } from '../topology/generated.ts'

type Row = Readonly<Record<string, unknown>>

/** From which column to which. */
export interface ColumnCopy {
  readonly from: string
  readonly to: string
}

/** Fills `to`, whose columns are there and null, from `from`. False when a required column is null in `from`. */
export type ColumnCopier = (from: Row, to: Record<string, unknown>) => boolean

/** A function that copies `columns`; of those in `required` it tells whether all have a value. */
export function columnCopier(columns: readonly ColumnCopy[], required: ReadonlySet<string> = new Set()): ColumnCopier {
  const copies = columns.map(({ from, to }) => {
    const absent = required.has(to) ? 'complete = false' : ''
    return `
      value = from[${quoted(from)}]
      if (value === null || value === undefined) { ${absent} } else to[${quoted(to)}] = value`
  })
  const code = `let complete = true\nlet value${copies.join('')}\nreturn complete`
  return generated<ColumnCopier>(['from', 'to'], code, (from, to) => {
    let complete = true
    for (const { from: source, to: target } of columns) {
      const value = from[source]
      if (value !== null && value !== undefined) to[target] = value
      else if (required.has(target)) complete = false
    }
    return complete
  })
}
