/** Field ids: numbering a new table's columns, and the columns that a table gains later. */
import type { DataType, Field } from '../../../topology/schema/types.ts'

/** Hands out ids upwards; `last` becomes the table's last-column-id. */
export interface FieldIds {
  last: number
}

/**
 * Numbers every field afresh, as createTable does: the fields of a struct first, then what is nested in each. A table
 * that several engines create from one schema so gets the same ids.
 */
export function assignFreshIds(fields: readonly Field[], ids: FieldIds): Field[] {
  const numbered = fields.map((field) => ({ ...field, id: ++ids.last }))
  return numbered.map((field) => ({ ...field, type: assignFreshTypeIds(field.type, ids) }))
}

function assignFreshTypeIds(type: DataType, ids: FieldIds): DataType {
  switch (type.kind) {
    case 'struct':
      return { kind: 'struct', fields: assignFreshIds(type.fields, ids) }
    case 'list': {
      const elementId = ++ids.last
      return { ...type, elementId, element: assignFreshTypeIds(type.element, ids) }
    }
    case 'map': {
      const keyId = ++ids.last
      const valueId = ++ids.last
      return {
        ...type,
        keyId,
        valueId,
        key: assignFreshTypeIds(type.key, ids),
        value: assignFreshTypeIds(type.value, ids),
      }
    }
    default:
      return type
  }
}
