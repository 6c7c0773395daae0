/** Fields as canonical JSON: what plans and tables compare. */
import type { Json } from '../json.ts'
import type { DataType, Field } from './types.ts'

/**
 * What two sets of fields have in common when they are the same columns: names, types and required, in order. Ids, docs
 * and what concerns only JSON or memory are left out. Keys are in a fixed order, so that equal fields give equal text.
 */
export function describeFields(fields: readonly Field[]): Json {
  return fields.map((field) => ({ name: field.name, type: describeType(field.type), required: field.required }))
}

/** Iceberg's own spelling: `decimal(18, 2)`, `fixed[16]`; nested types as objects. */
export function describeType(type: DataType): Json {
  switch (type.kind) {
    case 'decimal':
      return `decimal(${type.precision}, ${type.scale})`
    case 'fixed':
      return `fixed[${type.length}]`
    case 'struct':
      return { struct: describeFields(type.fields) }
    case 'list':
      return { list: describeType(type.element), required: type.elementRequired }
    case 'map':
      return { map: [describeType(type.key), describeType(type.value)], required: type.valueRequired }
    default:
      return type.kind
  }
}
