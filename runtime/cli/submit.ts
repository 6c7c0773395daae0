/** `runtime submit`: a job in this process and its workers, watched until it ends; or handed to the session. */
import type { JobStatus } from '../../topology/contract/job-control.ts'
import type { SourceBounds } from '../../topology/contract/source.ts'
import { loadJob } from '../control/load-job.ts'
import { PLACE_FORM, parseEnd, parsePlace } from '../control/split-place.ts'
import type { CommandContext } from './command-context.ts'
import { ExitCode, interruptedCode } from './exit-code.ts'
import { recordsRead } from './job-progress.ts'
import { openMetrics } from './open-metrics.ts'
import { runWatched } from './run-watched.ts'
import { formatCount, formatElapsed } from './units.ts'
import { usageError } from './usage-error.ts'

export async function run(context: CommandContext): Promise<number> {
  const { clock, signal, cwd } = context.environment
  const asked = boundsOf(context)
  if (context.has('detached')) return (await import('./submit-detached.ts')).run(context)
  const { config } = await context.config()
  const isBatch = context.has('batch') || config.mode === 'batch'
  const bounds: SourceBounds = isBatch ? { until: 'latest', ...asked } : asked
  const drain = isBatch || context.has('drain')
  if (drain && bounds.until === undefined) throw usageError('--drain goes with --until or --batch', 'submit')
  const logger = await context.logger()
  const loaded = await loadJob(context.positionals[0]!, cwd)
  const metrics = await openMetrics(context)
  const fromSavepoint = context.option('from-savepoint')
  const startedMs = clock.monotonicMs()
  const status = await runWatched(context, loaded.topology, {
    config,
    loaded,
    parallelism: config.parallelism,
    workers: config.worker.count,
    ...(config.keyGroups === undefined ? {} : { keyGroups: config.keyGroups }),
    clock,
    logger,
    metrics,
    bounds,
    drain,
    allowRewind: context.has('allow-rewind'),
    allowNonRestoredState: context.has('allow-non-restored-state'),
    ...(fromSavepoint === undefined ? {} : { fromSavepoint }),
  })
  if (context.format === 'json') context.printJson(status)
  else context.print(isBatch ? batchSummary(status, clock.monotonicMs() - startedMs) : closingLine(status))
  if (signal.aborted) return interruptedCode(signal)
  return status.state === 'CANCELED' ? ExitCode.canceled : ExitCode.ok
}

function boundsOf(context: CommandContext): SourceBounds {
  const [from, until] = [context.option('from'), context.option('until')]
  const begin = from === undefined ? undefined : parsePlace(from)
  const end = until === undefined ? undefined : parseEnd(until)
  if (from !== undefined && begin === undefined)
    throw usageError(`--from is "${from}"; it may be earliest, ${PLACE_FORM}`, 'submit')
  if (until !== undefined && end === undefined)
    throw usageError(`--until is "${until}"; it may be ${PLACE_FORM}`, 'submit')
  return { ...(begin === undefined ? {} : { from: begin }), ...(end === undefined ? {} : { until: end }) }
}

/** What was read and written, and how fast. */
function batchSummary(status: JobStatus, elapsedMs: number): string {
  const perSecond = Math.round((1000 * recordsRead(status)) / Math.max(1, elapsedMs))
  const sinks = status.nodes.filter(({ kind }) => kind === 'sink')
  return [
    `${closingLine(status)}, ${formatElapsed(elapsedMs)}, ${formatCount(perSecond)} records/s`,
    ...sinks.map(({ uid, recordsIn }) => `  ${uid}: ${formatCount(recordsIn)} rows`),
  ].join('\n')
}

function closingLine(status: JobStatus): string {
  const { lastCheckpoint } = status
  const read = `job ${status.job} ${status.state}: ${formatCount(recordsRead(status))} records read`
  if (lastCheckpoint === undefined) return read
  return lastCheckpoint.kind === 'savepoint'
    ? `${read}, savepoint ${lastCheckpoint.location}`
    : `${read}, checkpoint ${lastCheckpoint.id}`
}
