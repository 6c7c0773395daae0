/** What became of a run, in tables: counted from the tables, not from what the job believes. */
import { textTable } from '../../runtime/cli/text-table.ts'
import { formatCount } from '../../runtime/cli/units.ts'
import type { JobStatus } from '../../topology/contract/job-control.ts'
import type { QueryEngine } from '../../topology/contract/query.ts'
import type { Json } from '../../topology/json.ts'

export interface ClosingRun {
  /** Rows ingested from then on are this run's. */
  readonly startedMs: number
  readonly status: JobStatus
  /** By this run. */
  readonly published: number
  /** Records in the topic. */
  readonly inTopic: bigint
}

/** Of this run, and in all. */
type Counts = readonly [now: number, all: number]

export async function closingReport(engine: QueryEngine, run: ClosingRun): Promise<string> {
  const counts = `count(*) FILTER (ingestion_timestamp >= TIMESTAMPTZ '${new Date(run.startedMs).toISOString()}'), count(*)`
  const rowsOf = async (table: string) => toCounts((await engine.query(`SELECT ${counts} FROM ${table}`)).rows[0]!)
  const bronze = await rowsOf('bronze.events')
  const silver = await rowsOf('silver.events')
  const quarantined = await rowsOf('quarantine.events')
  const late = await rowsOf('quarantine.late_events')
  const rules = await engine.query(`SELECT rule, ${counts} FROM quarantine.events GROUP BY rule ORDER BY rule`)
  const gold = await engine.query('SELECT count(*) FROM gold.daily_revenue')
  // Gold has no ingestion time to tell runs apart by.
  const goldNow = run.status.nodes.find((node) => node.uid === 'sink(gold.daily_revenue)')?.recordsIn ?? 0

  const rows: readonly (readonly [name: string, ...Counts])[] = [
    ['published', run.published, Number(run.inTopic)],
    ['bronze.events', ...bronze],
    ['silver.events', ...silver],
    ['quarantined', ...quarantined],
    ...rules.rows.map(([rule, ...of]) => [`  ${rule}`, ...toCounts(of)] as const),
    ['duplicates dropped', bronze[0] - silver[0] - quarantined[0], bronze[1] - silver[1] - quarantined[1]],
    ['late for gold', ...late],
    ['gold.daily_revenue', goldNow, Number(gold.rows[0]![0])],
  ]
  return [
    textTable(
      ['records', 'this run', 'in all'],
      rows.map(([name, now, all]) => [name, formatCount(now), formatCount(all)]),
      { alignRight: new Set([1, 2]) },
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

function toCounts([now, all]: readonly Json[]): Counts {
  return [Number(now), Number(all)]
}
