/** Makes a job's table, or brings the one that is there into the job's shape as far as that is harmless. */
import { SluiceError } from '../../topology/errors.ts'
import type { PartitionTerm, TableReference } from '../../topology/table.ts'
import type { IcebergCatalog, LoadedTable } from './catalog/iceberg-catalog.ts'
import { compareSchema } from './format/compare-schema.ts'
import { partitionTerms, resolvePartitionSpec } from './format/partition-spec.ts'
import { schemaFromJson, schemaToJson } from './format/schema.ts'
import { currentSchema, newTableMetadata, specById, type TableMetadata } from './format/table-metadata.ts'
import { addSchema, nextTimestampMs } from './format/table-update.ts'
import { printTransform, transformOf } from './format/transform.ts'

/** Somebody else may create or change the table at the same time: then it is looked at again, this often. */
const MAX_ATTEMPTS = 10

/** @throws {SluiceError} `SCHEMA_MISMATCH` listing every difference; `PARTITION_INVALID`; `COMMIT_FAILED`. */
export async function ensureTable(
  catalog: IcebergCatalog,
  table: TableReference,
  location: string,
  nowMs: number,
): Promise<LoadedTable> {
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
    const existing = await catalog.load(table.name)
    if (existing === undefined) {
      await catalog.create(table.name, newTableMetadata(table, location, nowMs))
      continue
    }
    const evolved = evolve(existing, table, nowMs)
    if (evolved === undefined) return existing
    const committed = await catalog.commit(existing, evolved)
    if (committed !== undefined) return committed
  }
  throw new SluiceError('COMMIT_FAILED', `could not make table ${table.name}: others kept changing it`, {
    fix: 'Start the job again when nobody else creates or alters this table.',
    details: { table: table.name },
  })
}

/** The metadata with the job's new columns; undefined when the table fits as it is. */
function evolve({ metadata }: LoadedTable, table: TableReference, nowMs: number): TableMetadata | undefined {
  const fields = schemaFromJson(currentSchema(metadata))
  const comparison = compareSchema(fields, table.fields, metadata['last-column-id'])
  const spec = resolvePartitionSpec(specById(metadata, metadata['default-spec-id']), fields)
  const partitioned = printTerms(partitionTerms(spec))
  const wanted = printTerms(table.partitionBy)
  const differences = [...comparison.differences]
  if (partitioned !== wanted) differences.push(`the table is partitioned by ${partitioned}, but the job by ${wanted}`)
  if (differences.length > 0) throw mismatch(table.name, differences)
  if (!comparison.changed) return undefined
  const schemaId = Math.max(...metadata.schemas.map((schema) => schema['schema-id'])) + 1
  const schema = schemaToJson(schemaId, comparison.fields)
  return {
    ...addSchema(metadata, schema, comparison.lastColumnId),
    'last-updated-ms': nextTimestampMs(metadata, nowMs),
  }
}

function printTerms(terms: readonly PartitionTerm[]): string {
  return terms.length === 0
    ? 'nothing'
    : terms.map((term) => `${printTransform(transformOf(term))}(${term.field})`).join(', ')
}

function mismatch(table: string, differences: readonly string[]): SluiceError {
  return new SluiceError('SCHEMA_MISMATCH', `table ${table} does not have the job's shape: ${differences.join('; ')}`, {
    fix:
      'Change the job to the table’s shape, or write to a table with another name. ' +
      'A job may add optional columns and widen int, float and decimals by itself.',
    details: { table, differences },
  })
}
