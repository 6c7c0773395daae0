/** `runtime sql`: one SELECT over the tables. */
import type { TimeTravel } from '../../topology/contract/catalog.ts'
import type { QueryResult } from '../../topology/contract/query.ts'
import { cellText } from './cell-text.ts'
import type { CommandContext, Output } from './command-context.ts'
import { csvLine } from './csv.ts'
import { ExitCode } from './exit-code.ts'
import { textTable } from './text-table.ts'
import { formatCount, formatTime } from './units.ts'
import { usageError } from './usage-error.ts'

/** Wider cells are cut off on a terminal. */
const MAX_CELL_WIDTH = 80

export async function run(context: CommandContext): Promise<number> {
  const timeTravel = parseAt(context.option('at'))
  const tables = await context.openTables()
  const { openQuery } = await import('../compose/compose.ts')
  const engine = context.resources.adopt(await openQuery((await context.config()).config, tables), (each) =>
    each.close(),
  )
  const { stdout, signal } = context.environment
  const result = await engine.query(context.positionals[0]!, { ...timeTravel, signal })
  switch (context.format) {
    case 'json':
      printJson(result, stdout)
      break
    case 'csv':
      stdout.write(csvLine(result.columns.map((column) => column.name)))
      for (const row of result.rows) stdout.write(csvLine(row))
      break
    default:
      context.print(toText(result, stdout.isTTY === true))
  }
  return ExitCode.ok
}

/** Digits are a snapshot id, everything else a time; without a zone it is UTC. */
export function parseAt(at: string | undefined): TimeTravel {
  if (at === undefined) return {}
  if (/^-?\d{5,}$/.test(at)) return { snapshotId: BigInt(at) }
  const match = /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d{1,6})?)?)(Z|[+-]\d{2}:\d{2})?)?$/i.exec(at)
  const asOfMs = match === null ? Number.NaN : Date.parse(`${match[1]}T${match[2] ?? '00:00'}${match[3] ?? 'Z'}`)
  if (Number.isNaN(asOfMs)) {
    throw usageError(`--at is "${at}"; it takes a snapshot id or a time such as 2026-01-31T12:00:00Z`, 'sql')
  }
  return { asOfMs }
}

/** Rows as arrays, since columns may share a name; one a line, so that the whole is never one text. */
function printJson({ columns, rows, tables }: QueryResult, output: Output): void {
  const described = tables.map((table) => ({
    ...table,
    snapshotId: table.snapshotId?.toString() ?? null,
    watermarkMs: table.watermarkMs ?? null,
  }))
  output.write(`{"columns": ${JSON.stringify(columns)},\n"rows": [`)
  rows.forEach((row, index) => {
    output.write(`${index === 0 ? '\n' : ',\n'}${JSON.stringify(row)}`)
  })
  output.write(`\n],\n"tables": ${JSON.stringify(described)}}\n`)
}

function toText({ columns, rows, tables }: QueryResult, isTerminal: boolean): string {
  const numeric = /^(U?(TINY|SMALL|BIG|HUGE)INT|INTEGER|UINTEGER|FLOAT|DOUBLE|DECIMAL.*)$/
  const alignRight = new Set(columns.flatMap(({ type }, index) => (numeric.test(type) ? [index] : [])))
  const table = textTable(
    columns.map((column) => column.name),
    rows.map((row) => row.map((value) => (value === null ? 'NULL' : cellText(value)))),
    { alignRight, ...(isTerminal ? { maxCellWidth: MAX_CELL_WIDTH } : {}) },
  )
  const sources = tables.map(({ name, snapshotId, watermarkMs, filesRead, filesPruned }) => {
    const snapshot = snapshotId === undefined ? 'no snapshot' : `snapshot ${snapshotId}`
    const watermark = watermarkMs === undefined ? '' : `, watermark ${formatTime(watermarkMs)}`
    return `${name}: ${snapshot}${watermark}, ${filesRead} of ${filesRead + filesPruned} files read\n`
  })
  return `${table}\n${formatCount(rows.length)} ${rows.length === 1 ? 'row' : 'rows'}\n${sources.join('')}`
}
