/** Whether a table can take a job's records: the differences, and the schema that removes those that may be. */
import type { DataType, Field } from '../../../topology/schema/types.ts'
import { assignFreshIds, type FieldIds } from './field-ids.ts'
import { printType } from './schema.ts'

export interface SchemaComparison {
  /** The table's columns as they should be: its own, promoted, with the job's new optional ones. */
  readonly fields: readonly Field[]
  readonly lastColumnId: number
  /** Whether `fields` is another schema than the table's. */
  readonly changed: boolean
  /** What cannot be reconciled, a sentence each. */
  readonly differences: readonly string[]
}

/**
 * Compares by name. The job may add optional columns and widen types (int → long, float → double, a decimal's
 * precision): readers of older files know how to read those. Anything else would change what is already written.
 */
export function compareSchema(table: readonly Field[], job: readonly Field[], lastColumnId: number): SchemaComparison {
  const comparison = new Comparison(lastColumnId)
  const fields = comparison.fields(table, job, '')
  return {
    fields,
    lastColumnId: comparison.ids.last,
    changed: comparison.changed,
    differences: comparison.differences,
  }
}

class Comparison {
  readonly ids: FieldIds
  readonly differences: string[] = []
  changed = false

  constructor(lastColumnId: number) {
    this.ids = { last: lastColumnId }
  }

  fields(table: readonly Field[], job: readonly Field[], path: string): Field[] {
    const wanted = new Map(job.map((field) => [field.name, field]))
    const kept = table.map((field) => {
      const name = path + field.name
      const wish = wanted.get(field.name)
      wanted.delete(field.name)
      if (wish === undefined) {
        this.differences.push(`column '${name}' (${printType(field.type)}) is in the table, but not in the job`)
        return field
      }
      this.required(name, field.required, wish.required)
      return { ...field, type: this.type(name, field.type, wish.type) }
    })
    return [...kept, ...this.added([...wanted.values()], path)]
  }

  required(name: string, table: boolean, job: boolean): void {
    if (table === job) return
    const word = (required: boolean) => (required ? 'required' : 'optional')
    this.differences.push(`column '${name}' is ${word(table)} in the table, but ${word(job)} in the job`)
  }

  type(name: string, table: DataType, job: DataType): DataType {
    if (table.kind === 'struct' && job.kind === 'struct') {
      return { kind: 'struct', fields: this.fields(table.fields, job.fields, `${name}.`) }
    }
    if (table.kind === 'list' && job.kind === 'list') {
      this.required(`${name}.element`, table.elementRequired, job.elementRequired)
      return { ...table, element: this.type(`${name}.element`, table.element, job.element) }
    }
    if (table.kind === 'map' && job.kind === 'map') {
      this.required(`${name}.value`, table.valueRequired, job.valueRequired)
      return {
        ...table,
        key: this.type(`${name}.key`, table.key, job.key),
        value: this.type(`${name}.value`, table.value, job.value),
      }
    }
    if (printType(table) === printType(job)) return table
    if (mayPromote(table, job)) {
      this.changed = true
      return job
    }
    this.differences.push(`column '${name}' is ${printType(table)} in the table, but ${printType(job)} in the job`)
    return table
  }

  private added(fields: readonly Field[], path: string): Field[] {
    for (const field of fields.filter((candidate) => candidate.required)) {
      this.differences.push(
        `column '${path}${field.name}' (${printType(field.type)}) is not in the table, and only optional ones can be added`,
      )
    }
    const optional = fields.filter((field) => !field.required)
    if (optional.length > 0) this.changed = true
    return assignFreshIds(optional, this.ids)
  }
}

function mayPromote(from: DataType, to: DataType): boolean {
  switch (from.kind) {
    case 'int':
      return to.kind === 'long'
    case 'float':
      return to.kind === 'double'
    case 'decimal':
      return to.kind === 'decimal' && to.scale === from.scale && to.precision > from.precision
    default:
      return false
  }
}
