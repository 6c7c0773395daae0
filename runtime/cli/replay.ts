/** `runtime replay TABLE`: publishes quarantined records again, each once. */
import { parseIsoTimestampMs } from '../../topology/schema/index.ts'
import { openQuery } from '../compose/index.ts'
import { DURATION_FORM, parseDurationMs } from '../config/duration.ts'
import { createMetrics } from '../observability/metrics.ts'
import { DeadLetters } from '../replay/dead-letters.ts'
import { replayJob } from '../replay/replay-job.ts'
import type { CommandContext } from './command-context.ts'
import { ExitCode, interruptedCode } from './exit-code.ts'
import { runWatched } from './run-watched.ts'
import { textTable } from './text-table.ts'
import { topicNotFound } from './topics/declared-topics.ts'
import { formatCount } from './units.ts'
import { usageError } from './usage-error.ts'

interface TopicReplay {
  readonly from: string
  readonly to: string
  /** Quarantined rows that were chosen. */
  readonly rows: number
  /** Null: it was not done. */
  readonly published: number | null
}

export async function run(context: CommandContext): Promise<number> {
  const { signal } = context.environment
  const table = context.positionals[0]!
  const since = sinceMs(context)
  const { config } = await context.config()
  const tables = await context.openTables()
  const engine = context.resources.adopt(await openQuery(config, tables), (each) => each.close())
  const letters = await DeadLetters.open(tables, engine, {
    table,
    where: context.option('where'),
    sinceMs: since,
  })
  const chosen = await letters.topics()
  const topics = await context.openTopics({ mustExist: true })
  const targets = [...chosen].map(([from, rows]) => ({ from, to: context.option('to') ?? from, rows }))
  const known = new Set((await topics.describeTopics(targets.map(({ to }) => to))).map(({ topic }) => topic))
  const unknown = targets.find(({ to }) => !known.has(to))
  if (unknown !== undefined) throw await topicNotFound(topics, unknown.to)

  const replays: TopicReplay[] = []
  for (const target of targets) {
    const isDone = !context.has('dry-run') && !signal.aborted
    replays.push({ ...target, published: isDone ? await replay(context, letters, table, target) : null })
  }
  if (context.format === 'json') context.printJson({ table, topics: replays })
  else context.print(replays.length === 0 ? `No row of ${table} was chosen.` : replayTable(replays))
  return signal.aborted ? interruptedCode(signal) : ExitCode.ok
}

/** How many records it has published. */
async function replay(
  context: CommandContext,
  letters: DeadLetters,
  table: string,
  { from, to }: Pick<TopicReplay, 'from' | 'to'>,
): Promise<number> {
  const { clock } = context.environment
  const { config } = await context.config()
  const topics = await context.openTopics({ mustExist: true })
  const job = replayJob({ letters, table, from, to, topics, run: `replay at ${new Date(clock.nowMs()).toISOString()}` })
  const status = await runWatched(context, job, {
    config,
    clock,
    logger: await context.logger(),
    metrics: createMetrics({ prefix: config.metrics.prefix, clock }),
    bounds: { until: 'latest' },
  })
  return status.nodes.find(({ kind }) => kind === 'sink')?.recordsIn ?? 0
}

function replayTable(replays: readonly TopicReplay[]): string {
  const rows = replays.map(({ from, to, rows: chosen, published }) => [
    from,
    to,
    formatCount(chosen),
    published === null ? 'not done' : formatCount(published),
    published === null ? '' : formatCount(chosen - published),
  ])
  return textTable(['quarantined from', 'published to', 'rows', 'published', 'were before'], rows, {
    alignRight: new Set([2, 3, 4]),
  })
}

function sinceMs(context: CommandContext): number | undefined {
  const text = context.option('since')
  if (text === undefined) return undefined
  const agoMs = parseDurationMs(text)
  const atMs = agoMs === undefined ? parseIsoTimestampMs(text) : context.environment.clock.nowMs() - agoMs
  if (!Number.isNaN(atMs)) return atMs
  throw usageError(`--since is "${text}"; it takes a time (ISO 8601), or ${DURATION_FORM} ago`, context.commandName)
}
