/** Decodes JSON records into columns, without an object for each: rows are made when somebody asks. */
import { isUtf8 } from 'node:buffer'
import type { z } from 'zod'
import type { LazyRows } from '../../element.ts'
import {
  createColumn,
  type EncodedColumn,
  reserve,
  type Slices,
  setNull,
  setValue,
  valuesOf,
} from '../../encoded-column.ts'
import { generated, quoted } from '../../generated.ts'
import { jsonDeserializer } from '../json-decoder.ts'
import { structOf } from '../struct-of.ts'
import { POWERS_OF_TEN } from './digits.ts'
import { encodedKind, scanCode } from './generate-scan.ts'

/** @returns undefined when a record is none of the schema: who decodes one by one can say which, and why. */
export type ColumnScanner = (records: Slices, count: number) => LazyRows | undefined

type Scan = (
  bytes: Uint8Array,
  starts: Int32Array,
  ends: Int32Array,
  first: number,
  count: number,
  columns: readonly EncodedColumn[],
  setNull: (column: EncodedColumn, row: number) => void,
  reserve: (column: EncodedColumn, bytes: number) => Uint8Array,
  view: (bytes: Uint8Array) => DataView,
  isUtf8: (bytes: Uint8Array) => boolean,
  slow: (row: number, start: number, end: number) => boolean,
  powers: readonly number[],
) => boolean

const PARAMETERS = 'b, starts, ends, first, count, columns, setNull, reserve, view, isUtf8, slow, POWERS' as const

/**
 * The scanner of a schema, which gives what `jsonDeserializer` gives. Undefined where the schema has a type that it does
 * not know (nested ones, binary, wide decimals), or code can't be made at run time.
 */
export function columnScanner(schema: z.ZodObject): ColumnScanner | undefined {
  const { fields } = structOf(schema)
  const kinds = fields.map(encodedKind)
  if (fields.length === 0 || !kinds.every((kind) => kind !== undefined)) return undefined
  const scan = generated<Scan>(PARAMETERS.split(', '), scanCode(fields), () => false)
  const makeRows = rowMaker(fields.map(({ name }) => name))
  const exact = jsonDeserializer(schema)
  const places = new Map(fields.map(({ name }, index) => [name, index]))
  const expectedBytes = fields.map(() => 0)

  return ({ bytes, starts, ends, first }, count) => {
    const columns = kinds.map((kind, index) => createColumn(kind, count, Math.ceil(expectedBytes[index]! * count)))
    const slow = (row: number, start: number, end: number): boolean => {
      const result = exact.decode(start < 0 ? null : bytes.subarray(start, end))
      if (!result.ok) return false
      const value = result.value as Readonly<Record<string, unknown>>
      for (const [index, { name }] of fields.entries()) setValue(columns[index]!, row, value[name] ?? null)
      return true
    }
    const arrays = [bytes, starts, ends, first, count, columns] as const
    if (!scan(...arrays, setNull, reserve as never, viewOf, isUtf8, slow, POWERS_OF_TEN)) return undefined
    columns.forEach((column, index) => {
      if (column.kind === 'utf8') expectedBytes[index] = (1.1 * column.used) / count
    })
    const values: (ArrayLike<unknown> | undefined)[] = new Array(columns.length)
    const at = (index: number) => (values[index] ??= valuesOf(columns[index]!, count))
    return {
      length: count,
      make: () =>
        makeRows(
          columns.map((_, index) => at(index)),
          count,
        ),
      column(name) {
        const index = places.get(name)
        return index === undefined ? undefined : at(index)
      },
      encoded(name) {
        const index = places.get(name)
        return index === undefined ? undefined : columns[index]
      },
    }
  }
}

const viewOf = ({ buffer, byteOffset, byteLength }: Uint8Array) => new DataView(buffer, byteOffset, byteLength)

type RowMaker = (columns: readonly ArrayLike<unknown>[], count: number) => readonly Record<string, unknown>[]

/** Makes rows of columns by one literal: all get one hidden class. */
function rowMaker(names: readonly string[]): RowMaker {
  const members = names.map((name, index) => `${name === '__proto__' ? '["__proto__"]' : quoted(name)}: c${index}[row]`)
  const code = `
    ${names.map((_, index) => `const c${index} = columns[${index}]`).join('\n')}
    const rows = new Array(count)
    for (let row = 0; row < count; row++) rows[row] = { ${members.join(', ')} }
    return rows`
  return generated<RowMaker>(['columns', 'count'], code, (columns, count) =>
    Array.from({ length: count }, (_, row) => Object.fromEntries(names.map((name, i) => [name, columns[i]![row]]))),
  )
}
