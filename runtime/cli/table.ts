/** `runtime table NAME`: one table's schema, partitions, snapshots and files. */
import type { SnapshotDescription, TableDescription, TableScan } from '../../topology/contract/catalog.ts'
import type { Json } from '../../topology/json.ts'
import { describeType } from '../../topology/schema/describe.ts'
import type { PartitionTerm } from '../../topology/table.ts'
import { cellText } from './cell-text.ts'
import type { CommandContext } from './command-context.ts'
import { ExitCode } from './exit-code.ts'
import { textTable } from './text-table.ts'
import { formatBytes, formatCount, formatTime } from './units.ts'

/** Of snapshots and files, as text; JSON has all. */
const MAX_ROWS = 20

export async function run(context: CommandContext): Promise<number> {
  const catalog = await context.openTables()
  const table = await catalog.describeTable(context.positionals[0]!)
  const scan = await catalog.planScan(table.name)
  if (context.format === 'json') {
    context.printJson({
      ...table,
      currentSnapshotId: table.currentSnapshotId ?? null,
      watermarkMs: scan.watermarkMs ?? null,
      files: scan.files,
    })
  } else {
    context.print([summaryOf(table, scan), schemaOf(table), snapshotsOf(table), filesOf(table, scan)].join('\n'))
  }
  return ExitCode.ok
}

function summaryOf(table: TableDescription, { watermarkMs }: TableScan): string {
  const { name, rowCount, fileCount, totalSizeBytes, partitionBy } = table
  return [
    `${name}: ${formatCount(rowCount)} rows in ${formatCount(fileCount)} files, ${formatBytes(totalSizeBytes)}`,
    `location    ${table.location}`,
    `format      Iceberg v${table.formatVersion}`,
    `partitions  ${partitionBy.length === 0 ? 'none' : partitionBy.map(describeTerm).join(', ')}`,
    `watermark   ${watermarkMs === undefined ? 'none' : formatTime(watermarkMs)}`,
    '',
  ].join('\n')
}

function describeTerm(term: PartitionTerm): string {
  switch (term.transform) {
    case 'identity':
      return term.field
    case 'bucket':
      return `bucket[${term.buckets}](${term.field})`
    case 'truncate':
      return `truncate[${term.width}](${term.field})`
    default:
      return `${term.transform}(${term.field})`
  }
}

function schemaOf({ fields }: TableDescription): string {
  const rows = fields.map(({ id, name, type, required, doc }) => {
    const described = describeType(type)
    const typeName = typeof described === 'string' ? described : JSON.stringify(described)
    return [String(id), name, typeName, required ? 'required' : '', doc ?? '']
  })
  return textTable(['id', 'column', 'type', '', ''], rows, { alignRight: new Set([0]) })
}

function snapshotsOf({ snapshots, currentSnapshotId }: TableDescription): string {
  if (snapshots.length === 0) return 'no snapshots\n'
  const rows = snapshots
    .slice(-MAX_ROWS)
    .map((snapshot: SnapshotDescription) => [
      String(snapshot.snapshotId),
      formatTime(snapshot.timestampMs),
      snapshot.operation,
      snapshot.summary['added-records'] ?? '',
      snapshot.summary['total-records'] ?? '',
      snapshot.snapshotId === currentSnapshotId ? 'current' : '',
    ])
  const head = ['snapshot', 'committed', 'operation', 'added rows', 'rows', '']
  return textTable(head, rows, { alignRight: new Set([0, 3, 4]) }) + omitted(snapshots.length, 'older snapshots')
}

function filesOf({ location: root }: TableDescription, { files }: TableScan): string {
  if (files.length === 0) return 'no files\n'
  const rows = files
    .slice(0, MAX_ROWS)
    .map(({ location, rowCount, sizeBytes, partition }) => [
      describePartition(partition),
      formatCount(rowCount),
      formatBytes(sizeBytes),
      location.startsWith(`${root}/`) ? location.slice(root.length + 1) : location,
    ])
  return (
    textTable(['partition', 'rows', 'size', 'file'], rows, { alignRight: new Set([1, 2]) }) +
    omitted(files.length, 'files')
  )
}

/** `day=2026-01-31/action=view` */
function describePartition(partition: Json): string {
  if (typeof partition !== 'object' || partition === null) return JSON.stringify(partition)
  return Object.entries(partition)
    .map(([name, value]) => `${name}=${cellText(value)}`)
    .join('/')
}

function omitted(count: number, what: string): string {
  return count <= MAX_ROWS ? '' : `… and ${formatCount(count - MAX_ROWS)} more ${what}; --format json shows all\n`
}
