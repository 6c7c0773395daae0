/** The facts that a manifest tells of a Parquet file: sizes, counts and bounds by column id. Runs in the Parquet worker. */
import { parquetMetadata } from 'hyparquet'
import type { DataType, Field, PrimitiveType } from '../../../topology/schema/types.ts'
import { truncateBytes, truncateBytesUp, truncateString, truncateStringUp } from '../format/bounds.ts'
import type { DataFile } from '../format/data-file.ts'
import { serializeValue, unscaledValue, uuidText } from '../format/single-value.ts'
import { compareValues, type Value } from '../format/value.ts'
import type { ColumnData } from './column-buffer.ts'

export type DataFileMetrics = Pick<
  DataFile,
  | 'recordCount'
  | 'fileSizeInBytes'
  | 'columnSizes'
  | 'valueCounts'
  | 'nullValueCounts'
  | 'nanValueCounts'
  | 'lowerBounds'
  | 'upperBounds'
  | 'splitOffsets'
>

/** A primitive column that is in no list or map: the only ones whose counts and bounds mean something per row. */
interface Leaf {
  readonly path: string
  readonly id: number
  readonly type: PrimitiveType
  readonly column: ColumnData
}

/**
 * Reads the footer of `file`. Its statistics give sizes, null counts and most bounds (they leave NaN out, and order
 * −0.0 before +0.0); NaNs are counted from the columns, and so are the bounds of decimals, which the footer's reader
 * rounds.
 */
export function dataFileMetrics(
  file: Uint8Array,
  fields: readonly Field[],
  columns: readonly ColumnData[],
): DataFileMetrics {
  const footer = parquetMetadata(file, { parsers: RAW, geoparquet: false })
  const metrics = {
    recordCount: footer.num_rows,
    fileSizeInBytes: BigInt(file.byteLength),
    columnSizes: new Map<number, bigint>(),
    valueCounts: new Map<number, bigint>(),
    nullValueCounts: new Map<number, bigint>(),
    nanValueCounts: new Map<number, bigint>(),
    lowerBounds: new Map<number, Uint8Array>(),
    upperBounds: new Map<number, Uint8Array>(),
    splitOffsets: footer.row_groups.map((group) => group.file_offset ?? 4n),
  }
  const chunks = footer.row_groups.flatMap((group) => group.columns.map((column) => column.meta_data!))
  for (const leaf of leavesOf(fields, columns)) {
    const own = chunks.filter((chunk) => JSON.stringify(chunk.path_in_schema) === leaf.path)
    const sum = (count: (chunk: (typeof own)[number]) => bigint | undefined) =>
      own.reduce((total, chunk) => total + BigInt(count(chunk) ?? 0n), 0n)
    metrics.columnSizes.set(
      leaf.id,
      sum((chunk) => chunk.total_compressed_size),
    )
    metrics.valueCounts.set(
      leaf.id,
      sum((chunk) => chunk.num_values),
    )
    metrics.nullValueCounts.set(
      leaf.id,
      sum((chunk) => chunk.statistics?.null_count),
    )
    if (leaf.type.kind === 'float' || leaf.type.kind === 'double') metrics.nanValueCounts.set(leaf.id, countNan(leaf))
    const [lower, upper] =
      leaf.type.kind === 'decimal'
        ? decimalRange(leaf.column)
        : footerRange(
            leaf.type,
            own.map((chunk) => chunk.statistics),
          )
    const lowerBound = lower === undefined ? undefined : cutLower(leaf.type, lower)
    const upperBound = upper === undefined ? undefined : cutUpper(leaf.type, upper)
    if (lowerBound !== undefined) metrics.lowerBounds.set(leaf.id, serializeValue(leaf.type, lowerBound))
    if (upperBound !== undefined) metrics.upperBounds.set(leaf.id, serializeValue(leaf.type, upperBound))
  }
  return metrics
}

type Range = readonly [lower: Value | undefined, upper: Value | undefined]

/** hyparquet's values as the footer holds them: no Date, no text. */
const RAW = {
  stringFromBytes: (bytes: Uint8Array) => bytes,
  dateFromDays: (days: number) => days,
  timestampFromMicroseconds: (micros: bigint) => micros,
} as never

function leavesOf(fields: readonly Field[], columns: readonly ColumnData[], path: readonly string[] = []): Leaf[] {
  return fields.flatMap((field, i): Leaf[] => {
    const own = [...path, field.name]
    const { type } = field
    if (type.kind === 'struct') return leavesOf(type.fields, columns[i]!.children, own)
    if (!isPrimitive(type)) return []
    return [{ path: JSON.stringify(own), id: field.id, type, column: columns[i]! }]
  })
}

function isPrimitive(type: DataType): type is PrimitiveType {
  return type.kind !== 'struct' && type.kind !== 'list' && type.kind !== 'map'
}

function countNan({ column }: Leaf): bigint {
  const values = column.values as Float64Array
  let count = 0
  for (let row = 0; row < column.length; row++) if (Number.isNaN(values[row]) && isValid(column, row)) count++
  return BigInt(count)
}

function isValid(column: ColumnData, row: number): boolean {
  return column.validity === undefined || (column.validity[row >>> 3]! & (1 << (row & 7))) !== 0
}

function decimalRange(column: ColumnData): Range {
  const halves = column.values as BigInt64Array
  let lower: bigint | undefined
  let upper: bigint | undefined
  for (let row = 0; row < column.length; row++) {
    if (!isValid(column, row)) continue
    const value = (halves[row * 2 + 1]! << 64n) | BigInt.asUintN(64, halves[row * 2]!)
    if (lower === undefined || value < lower) lower = value
    if (upper === undefined || value > upper) upper = value
  }
  return [lower, upper]
}

function footerRange(
  type: PrimitiveType,
  statistics: readonly ({ readonly min_value?: unknown; readonly max_value?: unknown } | undefined)[],
): Range {
  let lower: Value | undefined
  let upper: Value | undefined
  for (const chunk of statistics) {
    if (chunk?.min_value === undefined || chunk.max_value === undefined) continue
    const min = statisticValue(type, chunk.min_value)
    const max = statisticValue(type, chunk.max_value)
    if (lower === undefined || compareValues(min, lower) < 0) lower = min
    if (upper === undefined || compareValues(max, upper) > 0) upper = max
  }
  return [lower, upper]
}

function statisticValue(type: PrimitiveType, value: unknown): Value {
  switch (type.kind) {
    case 'string':
      return new TextDecoder('utf-8', { ignoreBOM: true }).decode(value as Uint8Array)
    case 'uuid':
      return uuidText(value as Uint8Array)
    case 'decimal':
      return unscaledValue(value as Uint8Array)
    default:
      return value as Value
  }
}

function cutLower(type: PrimitiveType, value: Value): Value {
  if (type.kind === 'string') return truncateString(value as string)
  return type.kind === 'binary' || type.kind === 'fixed' ? truncateBytes(value as Uint8Array) : value
}

function cutUpper(type: PrimitiveType, value: Value): Value | undefined {
  if (type.kind === 'string') return truncateStringUp(value as string)
  return type.kind === 'binary' || type.kind === 'fixed' ? truncateBytesUp(value as Uint8Array) : value
}
