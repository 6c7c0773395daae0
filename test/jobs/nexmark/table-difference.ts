/** An Iceberg table against what DuckDB makes of the same events, compared as multisets by DuckDB itself. */
import { fileURLToPath } from 'node:url'
import type { TableCatalog } from '../../../topology/contract/catalog.ts'
import type { Field } from '../../../topology/schema/types.ts'
import { type Oracle, SQL } from './oracle.ts'

export interface TableDifference {
  /** Of the query. */
  readonly rows: number
  /** Rows that the table lacks, and rows that it has too many of: the first few of each, and how often. */
  readonly missing: readonly Record<string, unknown>[]
  readonly unexpected: readonly Record<string, unknown>[]
}

/** A table with a column `kind` is a changelog: what counts is what is left once all its changes are applied. */
export async function tableDifference(oracle: Oracle, query: string, catalog: TableCatalog): Promise<TableDifference> {
  const { fields, files } = await catalog.planScan(`nexmark.${query}`)
  const isChangelog = fields.some(({ name }) => name === 'kind')
  const columns = fields.filter(({ name }) => name !== 'kind')
  const paths = files.map(({ location }) => `'${fileURLToPath(location)}'`)
  const times = isChangelog ? `CASE WHEN kind IN ('insert', 'update-after') THEN 1 ELSE -1 END` : '1'
  const differing = (sign: string) =>
    oracle.select(`
      SELECT * FROM (
        SELECT ${columns.map(({ name }) => `"${name}"`).join(', ')}, sum(times) AS times FROM (
          SELECT ${columns.map(inTable).join(', ')}, ${times} AS times FROM read_parquet([${paths.join(', ')}])
          UNION ALL
          SELECT ${columns.map(inOracle).join(', ')}, -1 AS times FROM (${SQL[query]!})
        ) GROUP BY ALL
      ) WHERE times ${sign} 0 LIMIT 3`)
  const [counted] = await oracle.select(`SELECT count(*) AS rows FROM (${SQL[query]!})`)
  return { rows: Number(counted!['rows']), missing: await differing('<'), unexpected: await differing('>') }
}

/** As the oracle has them: microseconds, and days. */
function inTable(field: Field): string {
  const { name, type } = field
  if (type.kind === 'timestamptz') return `epoch_us("${name}") AS "${name}"`
  if (type.kind === 'date') return `("${name}" - DATE '1970-01-01')::BIGINT AS "${name}"`
  return inOracle(field)
}

/** Of one type whatever the query computed it with; doubles to twelve digits. */
function inOracle({ name, type }: Field): string {
  if (type.kind === 'string') return `"${name}"`
  if (type.kind === 'double') return `format('{:.11e}', "${name}") AS "${name}"`
  return `"${name}"::BIGINT AS "${name}"`
}
