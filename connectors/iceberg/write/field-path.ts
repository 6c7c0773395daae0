/** Where a field lies in a schema. */
import type { Field } from '../../../topology/schema/types.ts'

/** The names from the root to the field with this id, through structs; empty when there is none. */
export function fieldPath(fields: readonly Field[], id: number): readonly string[] {
  for (const field of fields) {
    if (field.id === id) return [field.name]
    if (field.type.kind !== 'struct') continue
    const rest = fieldPath(field.type.fields, id)
    if (rest.length > 0) return [field.name, ...rest]
  }
  return []
}
