/** What became of a run, in tables: counted from the tables, not from what the job believes. */
import { textTable } from '../../runtime/cli/text-table.ts'
import { formatCount } from '../../runtime/cli/units.ts'
import type { JobStatus } from '../../topology/contract/job-control.ts'
import type { QueryEngine } from '../../topology/contract/query.ts'

export interface ClosingRun {
  /** Rows ingested from then on are this run's. */
  readonly startedMs: number
  readonly status: JobStatus
  /** By this run. */
  readonly published: number
  /** Records in the topic. */
  readonly inTopic: bigint
}

const LAYERS = [
  ['bronze.events', 'bronze.events'],
  ['silver.events', 'silver.events'],
  ['quarantine.events', 'quarantined'],
] as const

export async function closingReport(engine: QueryEngine, run: ClosingRun): Promise<string> {
  const since = `TIMESTAMPTZ '${new Date(run.startedMs).toISOString()}'`
  const layers = new Map(
    await Promise.all(LAYERS.map(async ([table]) => [table, await countRows(engine, table, since)] as const)),
  )
  const rules = await numbers(
    engine,
    `SELECT rule, count(*) FILTER (ingestion_timestamp >= ${since}), count(*) FROM quarantine.events GROUP BY rule ORDER BY rule`,
  )
  const [bronze, silver, quarantined] = LAYERS.map(([table]) => layers.get(table)!)
  const duplicates = [0, 1].map((column) => bronze![column]! - silver![column]! - quarantined![column]!)
  const late = await countRows(engine, 'quarantine.late_events', since)
  const [[, goldRows]] = (await numbers(engine, "SELECT 'gold', count(*) FROM gold.daily_revenue")) as [
    [string, number],
  ]
  const goldNow = run.status.nodes.find((node) => node.uid === 'sink(gold.daily_revenue)')?.recordsIn ?? 0

  const rows: [string, number, number][] = [
    ['published', run.published, Number(run.inTopic)],
    ['bronze.events', ...pair(bronze!)],
    ['silver.events', ...pair(silver!)],
    ['quarantined', ...pair(quarantined!)],
    ...rules.map(([rule, now, all]): [string, number, number] => [`  ${rule}`, now!, all!]),
    ['duplicates dropped', ...pair(duplicates)],
    ['late for gold', ...pair(late)],
    ['gold.daily_revenue', goldNow, goldRows],
  ]
  const right = new Set([1, 2])
  return [
    textTable(
      ['records', 'this run', 'in all'],
      rows.map(([name, now, all]) => [name, formatCount(now), formatCount(all)]),
      { alignRight: right },
    ),
    await revenuePerDay(engine),
    'Try next:',
    '  npx runtime sql "SELECT user_id, sum(revenue) AS revenue FROM gold.daily_revenue GROUP BY ALL ORDER BY 2 DESC LIMIT 5"',
    '  npx runtime sql "SELECT rule, reason, source_offset FROM quarantine.events LIMIT 10"',
    '  npx runtime table silver.events',
    '  npx runtime info jobs/medallion/job.ts',
    '  npm start                 # the days that follow',
    '  npm start -- --live       # until Ctrl-C',
  ].join('\n')
}

async function revenuePerDay(engine: QueryEngine): Promise<string> {
  const { rows } = await engine.query(
    'SELECT day, sum(revenue), sum(transactions), count(*) FROM gold.daily_revenue GROUP BY day ORDER BY day DESC LIMIT 7',
  )
  const cells = rows.toReversed().map(([day, ...values]) => [String(day), ...values.map(String)])
  return textTable(['day', 'revenue', 'transactions', 'users'], cells, { alignRight: new Set([1, 2, 3]) })
}

async function countRows(engine: QueryEngine, table: string, since: string): Promise<readonly number[]> {
  const [row] = await numbers(
    engine,
    `SELECT '', count(*) FILTER (ingestion_timestamp >= ${since}), count(*) FROM ${table}`,
  )
  return row!.slice(1) as number[]
}

/** Rows of a name and counts. */
async function numbers(engine: QueryEngine, sql: string): Promise<[string, ...number[]][]> {
  const { rows } = await engine.query(sql)
  return rows.map(([name, ...counts]) => [String(name), ...counts.map(Number)])
}

function pair([now, all]: readonly number[]): [number, number] {
  return [now!, all!]
}
