/** A logical table: where records go, named and typed in the job, bound to a catalog when the job runs. */
import type { z } from 'zod'
import { TopologyError } from './errors.ts'
import { fieldsOf, type Row } from './schema/index.ts'
import type { Field } from './schema/types.ts'

/** One term of a partition spec, in the order of the spec. */
export type PartitionTerm<F extends string = string> = {
  /** The source column. */
  readonly field: F
} & (
  | { readonly transform: 'identity' | 'year' | 'month' | 'day' | 'hour' | 'void' }
  | { readonly transform: 'bucket'; readonly buckets: number }
  | { readonly transform: 'truncate'; readonly width: number }
)

export interface TableReference {
  /** `namespace.name` */
  readonly name: string
  /** Field ids are −1: the table numbers them. */
  readonly fields: readonly Field[]
  readonly partitionBy: readonly PartitionTerm[]
  readonly properties: Readonly<Record<string, string>>
}

export interface Table<T> extends TableReference {
  /** Type only. */
  readonly element?: (value: T) => T
}

export interface TableOptions<F extends string> {
  /** @default unpartitioned */
  readonly partitionBy?: readonly PartitionTerm<F>[]
  /** Iceberg table properties, set when the table is made. */
  readonly properties?: Readonly<Record<string, string>>
}

/**
 * Names a table and the schema of its rows. The job makes it if it is not there, and refuses one of another shape.
 *
 * @throws {TopologyError} when the name is not `namespace.name`, or a partition term names an unknown column.
 * @example table('silver.events', SilverEvent, { partitionBy: [day('event_timestamp')] })
 */
export function table<S extends z.ZodObject>(
  name: string,
  schema: S,
  options: TableOptions<keyof Row<S> & string> = {},
): Table<Row<S>> {
  if (!/^[a-z0-9_]+(\.[a-z0-9_]+)+$/.test(name)) {
    throw new TopologyError('TABLE_NAME', `"${name}" can't be the name of a table`, {
      fix: "Write namespace.name in lower-case letters, digits and _, as in 'silver.events'.",
    })
  }
  const fields = fieldsOf(schema)
  const partitionBy = options.partitionBy ?? []
  for (const term of partitionBy) {
    if (!fields.some((field) => field.name === term.field)) {
      throw new TopologyError('COLUMN_NOT_FOUND', `table ${name} is partitioned by ${term.field}, a column it hasn't`, {
        fix: `Its columns are ${fields.map((field) => field.name).join(', ')}.`,
      })
    }
  }
  return Object.freeze({ name, fields, partitionBy, properties: options.properties ?? {} })
}

/** Partition by the value itself. */
export const identity = <const F extends string>(field: F): PartitionTerm<F> => ({ field, transform: 'identity' })
/** Partition by calendar year (UTC) of a date or timestamp. */
export const year = <const F extends string>(field: F): PartitionTerm<F> => ({ field, transform: 'year' })
/** Partition by calendar month (UTC) of a date or timestamp. */
export const month = <const F extends string>(field: F): PartitionTerm<F> => ({ field, transform: 'month' })
/** Partition by calendar day (UTC) of a date or timestamp. */
export const day = <const F extends string>(field: F): PartitionTerm<F> => ({ field, transform: 'day' })
/** Partition by hour (UTC) of a timestamp. */
export const hour = <const F extends string>(field: F): PartitionTerm<F> => ({ field, transform: 'hour' })
/** Partition by murmur3 of the value, modulo `buckets`. */
export const bucket = <const F extends string>(buckets: number, field: F): PartitionTerm<F> => ({
  field,
  transform: 'bucket',
  buckets,
})
/** Partition by the value cut to `width`: characters of a string, a multiple of a number. */
export const truncate = <const F extends string>(width: number, field: F): PartitionTerm<F> => ({
  field,
  transform: 'truncate',
  width,
})
