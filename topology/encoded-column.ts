/** One column of a batch as typed arrays, in Arrow's layout but for nulls: no value for a row where `valid` says 0. */

/** Strings one behind the other in UTF-8, and where each begins: Arrow's layout. */
export interface Utf8Values {
  readonly kind: 'utf8'
  data: Uint8Array
  /** One more than there are rows. */
  readonly offsets: Int32Array
  /** Bytes of `data` that are taken. */
  used: number
  /** A byte above 127 was seen: offsets are not those of the decoded text. */
  isAscii: boolean
}

/** `int32`: int, date. `int64`: long, time, timestamps. `float64`: the rest, and what is declared int53. `boolean`: 0 or 1. */
export type FixedValues =
  | { readonly kind: 'int32'; readonly values: Int32Array }
  | { readonly kind: 'int64'; readonly values: BigInt64Array }
  | { readonly kind: 'float64'; readonly values: Float64Array }
  | { readonly kind: 'boolean'; readonly values: Uint8Array }

export type EncodedColumn = (Utf8Values | FixedValues) & {
  /** A byte a row; absent when every row has a value. */
  valid: Uint8Array | undefined
}

export type EncodedKind = EncodedColumn['kind']

/** Byte strings where they lie in something larger, such as the values of records in a fetch. */
export interface Slices {
  readonly bytes: Uint8Array
  /** By row, from `first` on; −1: null. */
  readonly starts: Int32Array
  readonly ends: Int32Array
  readonly first: number
}

export function createColumn(kind: EncodedKind, rows: number, bytes: number): EncodedColumn {
  switch (kind) {
    case 'utf8':
      return {
        kind,
        data: new Uint8Array(bytes),
        offsets: new Int32Array(rows + 1),
        used: 0,
        isAscii: true,
        valid: undefined,
      }
    case 'int32':
      return { kind, values: new Int32Array(rows), valid: undefined }
    case 'int64':
      return { kind, values: new BigInt64Array(rows), valid: undefined }
    case 'float64':
      return { kind, values: new Float64Array(rows), valid: undefined }
    case 'boolean':
      return { kind, values: new Uint8Array(rows), valid: undefined }
  }
}

/** Room for `bytes` more. */
export function reserve(column: Utf8Values, bytes: number): Uint8Array {
  const { data, used } = column
  if (data.length - used >= bytes) return data
  const grown = new Uint8Array(Math.max(used + bytes, data.length * 2))
  grown.set(data.subarray(0, used))
  column.data = grown
  return grown
}

/** The row has no value. */
export function setNull(column: EncodedColumn, row: number): void {
  column.valid ??= new Uint8Array(column.kind === 'utf8' ? column.offsets.length - 1 : column.values.length).fill(1)
  column.valid[row] = 0
  if (column.kind === 'utf8') column.offsets[row + 1] = column.used
}

const utf8 = new TextEncoder()

/** Takes the value a decoded row has. */
export function setValue(column: EncodedColumn, row: number, value: unknown): void {
  if (value === null) {
    setNull(column, row)
    return
  }
  if (column.valid !== undefined) column.valid[row] = 1
  switch (column.kind) {
    case 'utf8': {
      const text = value as string
      const { written } = utf8.encodeInto(text, reserve(column, text.length * 3).subarray(column.used))
      if (written !== text.length) column.isAscii = false
      column.used += written
      column.offsets[row + 1] = column.used
      return
    }
    case 'int64':
      column.values[row] = value as bigint
      return
    case 'boolean':
      column.values[row] = value === true ? 1 : 0
      return
    default:
      column.values[row] = value as number
  }
}

/** The values as rows have them: null where there is none. */
export function valuesOf(column: EncodedColumn, rows: number): ArrayLike<unknown> {
  const { valid } = column
  if (column.kind === 'utf8') return textsOf(column, valid, rows)
  const { values } = column
  if (column.kind === 'boolean')
    return Array.from(column.values, (value, row) => (valid?.[row] === 0 ? null : value === 1))
  if (valid === undefined) return values
  const all: unknown[] = new Array(rows)
  for (let row = 0; row < rows; row++) all[row] = valid[row] === 0 ? null : values[row]
  return all
}

/** Of text that is all ASCII one decoding serves all rows. */
function textsOf(column: Utf8Values, valid: Uint8Array | undefined, rows: number): unknown[] {
  const { data, offsets, used, isAscii } = column
  const bytes = Buffer.from(data.buffer, data.byteOffset, used)
  const text = isAscii ? bytes.toString('latin1', 0, used) : ''
  const all: unknown[] = new Array(rows)
  for (let row = 0; row < rows; row++) {
    const [start, end] = [offsets[row]!, offsets[row + 1]!]
    all[row] = valid?.[row] === 0 ? null : isAscii ? text.slice(start, end) : bytes.toString('utf8', start, end)
  }
  return all
}
