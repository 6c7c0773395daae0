/** The column buffer for a type. */
import type { DataType, Field } from '../../../topology/schema/types.ts'
import type { ColumnBuffer } from './column-buffer.ts'
import { fixedColumn, UuidColumn } from './fixed-bytes-column.ts'
import { BooleanColumn, DecimalColumn, FloatColumn, Int32Column, Int64Column } from './fixed-width-columns.ts'
import { ListColumn, MapColumn, type Member, StructColumn } from './nested-columns.ts'
import { BinaryColumn, StringColumn } from './variable-width-columns.ts'

/** A field as a member of its struct; `path` names it in messages. */
export function createMember(field: Field, path = field.name): Member {
  return { name: field.name, required: field.required, column: createColumn(path, field.type) }
}

function createColumn(path: string, type: DataType): ColumnBuffer {
  switch (type.kind) {
    case 'boolean':
      return new BooleanColumn(path)
    case 'int':
    case 'date':
      return new Int32Column(path)
    case 'long':
    case 'time':
    case 'timestamp':
    case 'timestamptz':
      return new Int64Column(path)
    case 'float':
      return new FloatColumn(path, Float32Array)
    case 'double':
      return new FloatColumn(path, Float64Array)
    case 'decimal':
      return new DecimalColumn(path, type.precision)
    case 'string':
      return new StringColumn(path)
    case 'uuid':
      return new UuidColumn(path)
    case 'fixed':
      return fixedColumn(path, type.length)
    case 'binary':
      return new BinaryColumn(path)
    case 'struct':
      return new StructColumn(
        path,
        type.fields.map((field) => createMember(field, `${path}.${field.name}`)),
      )
    case 'list':
      return new ListColumn(path, {
        name: 'element',
        required: type.elementRequired,
        column: createColumn(`${path}.element`, type.element),
      })
    case 'map':
      return new MapColumn(
        path,
        { name: 'key', required: true, column: createColumn(`${path}.key`, type.key) },
        { name: 'value', required: type.valueRequired, column: createColumn(`${path}.value`, type.value) },
      )
  }
}
