/** Rows into the bytes of a Parquet file, by apache-arrow and parquet-wasm. */
import * as arrow from 'apache-arrow'
import * as parquet from 'parquet-wasm'
import { SluiceError } from '../../../topology/errors.ts'
import type { DataType, Field } from '../../../topology/schema/types.ts'

/** zstd, one row group. @throws {SluiceError} `ENDPOINT_INVALID` for columns that hold columns. */
export function encodeRows(fields: readonly Field[], rows: readonly Record<string, unknown>[]): Uint8Array {
  const arrowFields = fields.map(({ name, type, required }) => new arrow.Field(name, arrowType(name, type), !required))
  const struct = arrow.makeData({
    type: new arrow.Struct(arrowFields),
    length: rows.length,
    nullCount: 0,
    children: fields.map((field) => columnOf(field, rows)),
  })
  const batch = new arrow.RecordBatch(new arrow.Schema(arrowFields), struct)
  const table = parquet.Table.fromIPCStream(arrow.RecordBatchStreamWriter.writeAll([batch]).toUint8Array(true))
  const properties = new parquet.WriterPropertiesBuilder()
    .setCompression(parquet.Compression.ZSTD)
    .setMaxRowGroupSize(Math.max(1, rows.length))
    .setCreatedBy('sluice')
    .build()
  return parquet.writeParquet(table, properties)
}

function columnOf({ name, type }: Field, rows: readonly Record<string, unknown>[]): arrow.Data {
  const { length } = rows
  const nullBitmap = new Uint8Array(Math.ceil(length / 8))
  const data = storageOf(type, length)
  // Of values that differ in length: where each begins.
  const valueOffsets = new Int32Array(length + 1)
  const pieces: Uint8Array[] = []
  let filled = 0
  let nullCount = 0
  rows.forEach((row, i) => {
    const value = row[name]
    if (value === null || value === undefined) nullCount++
    else {
      nullBitmap[i >> 3]! |= 1 << (i & 7)
      if (data === undefined) {
        const bytes = typeof value === 'string' ? encoder.encode(value) : (value as Uint8Array)
        pieces.push(bytes)
        filled += bytes.length
      } else put(data, type, i, value)
    }
    valueOffsets[i + 1] = filled
  })
  const common = { type: arrowType(name, type), length, nullCount, nullBitmap }
  return makeData(data === undefined ? { ...common, valueOffsets, data: Buffer.concat(pieces) } : { ...common, data })
}

const encoder = new TextEncoder()
type Storage = Uint8Array | Int32Array | Float32Array | Float64Array | BigInt64Array

/** Undefined for values that differ in length. */
function storageOf(type: DataType, length: number): Storage | undefined {
  switch (type.kind) {
    case 'boolean':
      return new Uint8Array(Math.ceil(length / 8))
    case 'int':
    case 'date':
      return new Int32Array(length)
    case 'float':
      return new Float32Array(length)
    case 'double':
      return new Float64Array(length)
    case 'long':
    case 'time':
    case 'timestamp':
    case 'timestamptz':
      return new BigInt64Array(length)
    case 'decimal':
      return new BigInt64Array(2 * length)
    case 'fixed':
      return new Uint8Array(type.length * length)
    default:
      return undefined
  }
}

function put(data: Storage, type: DataType, i: number, value: unknown): void {
  switch (type.kind) {
    case 'boolean':
      if (value === true) (data as Uint8Array)[i >> 3]! |= 1 << (i & 7)
      break
    case 'decimal': {
      const unscaled = BigInt(value as number | bigint)
      const words = data as BigInt64Array
      words[2 * i] = BigInt.asIntN(64, unscaled)
      words[2 * i + 1] = BigInt.asIntN(64, unscaled >> 64n)
      break
    }
    case 'fixed':
      ;(data as Uint8Array).set(value as Uint8Array, type.length * i)
      break
    case 'long':
      // A long that is declared to fit is a number in memory.
      ;(data as BigInt64Array)[i] = BigInt(value as number | bigint)
      break
    default:
      ;(data as any)[i] = value
  }
}

function arrowType(column: string, type: DataType): arrow.DataType {
  switch (type.kind) {
    case 'boolean':
      return new arrow.Bool()
    case 'int':
      return new arrow.Int32()
    case 'long':
      return new arrow.Int64()
    case 'float':
      return new arrow.Float32()
    case 'double':
      return new arrow.Float64()
    case 'date':
      return new arrow.DateDay()
    case 'time':
      return new arrow.TimeMicrosecond()
    case 'timestamp':
      return new arrow.TimestampMicrosecond()
    case 'timestamptz':
      return new arrow.TimestampMicrosecond('UTC')
    case 'string':
    case 'uuid':
      return new arrow.Utf8()
    case 'binary':
      return new arrow.Binary()
    case 'fixed':
      return new arrow.FixedSizeBinary(type.length)
    case 'decimal':
      return new arrow.Decimal(type.scale, type.precision, 128)
    default:
      throw new SluiceError(
        'ENDPOINT_INVALID',
        `files(): column ${column} is a ${type.kind}, which is not written to Parquet files`,
        {
          fix: "Flatten it before, write { format: 'jsonl' }, or write into a table().",
          details: { column, type: type.kind },
        },
      )
  }
}

/** The library's overloads are by type parameter; ours is chosen at run time. */
const makeData = arrow.makeData as unknown as (props: object) => arrow.Data
