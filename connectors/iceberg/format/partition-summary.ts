/** Summaries of a manifest's partitions, by which a reader skips the manifest unread. */
import type { PartitionField, PartitionValues } from './partition-spec.ts'
import { serializeValue } from './single-value.ts'
import { compareValues, type Value } from './value.ts'

/** What the partitions of a manifest's files have in common, for one partition field. */
export interface FieldSummary {
  readonly containsNull: boolean
  readonly containsNan: boolean | undefined
  /** Single values in binary. */
  readonly lowerBound: Uint8Array | undefined
  readonly upperBound: Uint8Array | undefined
}

/** One summary per partition field over the partitions of all files. */
export function summarizePartitions(
  fields: readonly PartitionField[],
  partitions: readonly PartitionValues[],
): FieldSummary[] {
  return fields.map((field, index) => {
    let containsNull = false
    let containsNan = false
    let lower: Value | undefined
    let upper: Value | undefined
    for (const partition of partitions) {
      const value = partition[index] ?? null
      if (value === null) containsNull = true
      else if (Number.isNaN(value)) containsNan = true
      else {
        if (lower === undefined || compareValues(value, lower) < 0) lower = value
        if (upper === undefined || compareValues(value, upper) > 0) upper = value
      }
    }
    return {
      containsNull,
      containsNan,
      lowerBound: lower === undefined ? undefined : serializeValue(field.resultType, lower),
      upperBound: upper === undefined ? undefined : serializeValue(field.resultType, upper),
    }
  })
}
