/** Column buffers as an Arrow IPC stream: how they enter parquet-wasm. Field ids ride in Arrow's field metadata. */
import * as arrow from 'apache-arrow'
import type { DataType, Field } from '../../../topology/schema/types.ts'
import type { ColumnData } from './column-buffer.ts'

/** The metadata key from which parquet-wasm takes a column's field id. */
const FIELD_ID = 'PARQUET:field_id'

/** One record batch of all rows. The buffers are not copied before they are serialised. */
export function toArrowStream(fields: readonly Field[], columns: readonly ColumnData[], rowCount: number): Uint8Array {
  const arrowFields = fields.map(arrowField)
  const struct = arrow.makeData({
    type: new arrow.Struct(arrowFields),
    length: rowCount,
    nullCount: 0,
    children: fields.map((field, i) => arrowData(field.type, columns[i]!, field.required)),
  })
  const batch = new arrow.RecordBatch(new arrow.Schema(arrowFields), struct)
  return arrow.RecordBatchStreamWriter.writeAll([batch]).toUint8Array(true)
}

function arrowField(field: Field): arrow.Field {
  return member(field.name, field.type, field.required, field.id)
}

function member(name: string, type: DataType, required: boolean, id: number): arrow.Field {
  return new arrow.Field(name, arrowType(type), !required, new Map([[FIELD_ID, String(id)]]))
}

function arrowType(type: DataType): arrow.DataType {
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
      return new arrow.Utf8()
    case 'binary':
      return new arrow.Binary()
    case 'uuid':
      return new arrow.FixedSizeBinary(16)
    case 'fixed':
      return new arrow.FixedSizeBinary(type.length)
    case 'decimal':
      return new arrow.Decimal(type.scale, type.precision, 128)
    case 'struct':
      return new arrow.Struct(type.fields.map(arrowField))
    case 'list':
      return new arrow.List(member('element', type.element, type.elementRequired, type.elementId))
    case 'map':
      return new arrow.Map_(new arrow.Field('key_value', entriesType(type), false) as never)
  }
}

function entriesType(type: Extract<DataType, { kind: 'map' }>): arrow.Struct {
  return new arrow.Struct([
    member('key', type.key, true, type.keyId),
    member('value', type.value, type.valueRequired, type.valueId),
  ])
}

/** A required column under a null struct holds nulls that its type denies: they are masked, so its bitmap is left out. */
function arrowData(type: DataType, column: ColumnData, required: boolean): arrow.Data {
  const { length, offsets, children } = column
  const nullBitmap = required ? undefined : column.validity
  const common = {
    length,
    nullCount: nullBitmap === undefined ? 0 : column.nullCount,
    nullBitmap,
    type: arrowType(type),
  }
  const valueOffsets = offsets?.subarray(0, length + 1)
  switch (type.kind) {
    case 'struct':
      return makeData({
        ...common,
        children: type.fields.map((field, i) => arrowData(field.type, children[i]!, field.required)),
      })
    case 'list':
      return makeData({ ...common, valueOffsets, child: arrowData(type.element, children[0]!, type.elementRequired) })
    case 'map': {
      const [keys, values] = children as [ColumnData, ColumnData]
      const entries = makeData({
        type: entriesType(type),
        length: keys.length,
        nullCount: 0,
        children: [arrowData(type.key, keys, true), arrowData(type.value, values, type.valueRequired)],
      })
      return makeData({ ...common, valueOffsets, child: entries })
    }
    case 'string':
    case 'binary':
      return makeData({ ...common, valueOffsets, data: column.values })
    case 'decimal': {
      const values = column.values!
      return makeData({ ...common, data: new Uint32Array(values.buffer, 0, length * 4) })
    }
    default:
      return makeData({ ...common, data: column.values })
  }
}

/** The library's overloads are by type parameter; ours is chosen at run time. */
const makeData = arrow.makeData as unknown as (props: object) => arrow.Data
