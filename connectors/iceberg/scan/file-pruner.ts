/** Which manifests and files a conjunction of predicates needs: judged by partitions, then by bounds. */
import type { ScanPredicate } from '../../../topology/contract/catalog.ts'
import { SluiceError } from '../../../topology/errors.ts'
import { nearestName } from '../../../topology/nearest-name.ts'
import type { Field, PrimitiveType } from '../../../topology/schema/types.ts'
import type { DataFile } from '../format/data-file.ts'
import type { PartitionField, PartitionValues } from '../format/partition-spec.ts'
import type { FieldSummary } from '../format/partition-summary.ts'
import { deserializeValue } from '../format/single-value.ts'
import { bindTransform, preservesOrder } from '../format/transform.ts'
import type { Value } from '../format/value.ts'
import { type BoundPredicate, bindPredicate, mayMatch, type ValueRange } from './value-range.ts'

interface ColumnPredicate extends BoundPredicate {
  readonly fieldId: number
  readonly type: PrimitiveType
}

/** A predicate on a partition field that every row of the original predicate satisfies too. */
interface PartitionPredicate extends BoundPredicate {
  readonly index: number
  readonly type: PrimitiveType
}

/** Predicates resolved against a schema. Predicates on columns that cannot be compared prune nothing. */
export class FilePruner {
  private readonly predicates: readonly ColumnPredicate[]

  /** @throws {SluiceError} `COLUMN_NOT_FOUND`, with the nearest name. */
  constructor(table: string, fields: readonly Field[], predicates: readonly ScanPredicate[]) {
    this.predicates = predicates.flatMap((predicate): ColumnPredicate[] => {
      const field = fields.find((candidate) => candidate.name === predicate.field)
      if (field === undefined) throw columnNotFound(table, predicate.field, fields)
      const { type } = field
      if (type.kind === 'struct' || type.kind === 'list' || type.kind === 'map') return []
      return [{ fieldId: field.id, type, ...bindPredicate(predicate, type) }]
    })
  }

  /** For the files of one partition spec. */
  forSpec(partitionFields: readonly PartitionField[]) {
    const projected = this.predicates.flatMap((predicate) => projectPredicate(predicate, partitionFields))
    return {
      manifestMayMatch: (summaries: readonly FieldSummary[]) =>
        projected.every((predicate) => {
          const summary = summaries[predicate.index]
          return summary === undefined || mayMatch(summaryRange(summary, predicate.type), predicate)
        }),
      partitionMayMatch: (partition: PartitionValues) =>
        projected.every((predicate) => mayMatch(partitionRange(partition[predicate.index] ?? null), predicate)),
    }
  }

  boundsMayMatch(file: DataFile): boolean {
    return this.predicates.every((predicate) => mayMatch(fileRange(file, predicate), predicate))
  }
}

/** Inclusive projection: `ts < x` becomes `day(ts) <= day(x)`; a hash keeps equality only, void keeps nothing. */
function projectPredicate(
  predicate: ColumnPredicate,
  partitionFields: readonly PartitionField[],
): PartitionPredicate[] {
  return partitionFields.flatMap((field, index): PartitionPredicate[] => {
    const { transform, sourceType, resultType: type } = field
    if (field.source.id !== predicate.fieldId || transform.kind === 'void') return []
    const { op } = predicate
    if (op === 'is-null' || op === 'not-null') return [{ op, values: [], index, type }]
    if (op === '!=' || predicate.values.some((value) => Number.isNaN(value))) return []
    const isEquality = op === '=' || op === 'in'
    if (!isEquality && !preservesOrder(transform)) return []
    const apply = bindTransform(transform, sourceType)
    const values = predicate.values.map((value) => apply(value) as Value)
    if (transform.kind === 'identity' || isEquality) return [{ op, values, index, type }]
    return [{ op: op === '<' || op === '<=' ? '<=' : '>=', values, index, type }]
  })
}

function partitionRange(value: Value | null): ValueRange {
  const isNan = Number.isNaN(value)
  const bound = value === null || isNan ? undefined : value
  return {
    lower: bound,
    upper: bound,
    mayContainNull: value === null,
    mayContainValues: value !== null,
    mayContainNan: isNan,
  }
}

function summaryRange(summary: FieldSummary, type: PrimitiveType): ValueRange {
  const { lowerBound, upperBound } = summary
  const mayContainNan = (type.kind === 'float' || type.kind === 'double') && summary.containsNan !== false
  return {
    lower: lowerBound && deserializeValue(type, lowerBound),
    upper: upperBound && deserializeValue(type, upperBound),
    mayContainNull: summary.containsNull,
    mayContainValues: lowerBound !== undefined || mayContainNan,
    mayContainNan,
  }
}

function fileRange(file: DataFile, { fieldId, type }: ColumnPredicate): ValueRange {
  const lower = file.lowerBounds?.get(fieldId)
  const upper = file.upperBounds?.get(fieldId)
  const nulls = file.nullValueCounts?.get(fieldId)
  const values = file.valueCounts?.get(fieldId)
  const isFloat = type.kind === 'float' || type.kind === 'double'
  return {
    lower: lower && deserializeValue(type, lower),
    upper: upper && deserializeValue(type, upper),
    mayContainNull: nulls !== 0n,
    mayContainValues: nulls === undefined || values === undefined || nulls < values,
    mayContainNan: isFloat && file.nanValueCounts?.get(fieldId) !== 0n,
  }
}

function columnNotFound(table: string, column: string, fields: readonly Field[]): SluiceError {
  const names = fields.map((field) => field.name)
  const nearest = nearestName(column, names)
  return new SluiceError('COLUMN_NOT_FOUND', `table ${table} has no column '${column}'`, {
    fix: nearest === undefined ? `Its columns are ${names.join(', ')}.` : `Did you mean '${nearest}'?`,
    details: { table, column },
  })
}
