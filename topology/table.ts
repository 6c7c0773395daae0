/** A logical table: where records go, named and typed in the job, bound to a catalog when the job runs. */
import type { Field } from './schema/types.ts'

/** One term of a partition spec, in the order of the spec. */
export type PartitionTerm = {
  /** The source column. */
  readonly field: string
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
