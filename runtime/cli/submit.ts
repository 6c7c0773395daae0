/** `runtime submit`: a job in this process and its workers, watched until it ends; or handed to the session. */
import type { JobStatus } from '../../topology/contract/job-control.ts'
import { loadJob } from '../control/load-job.ts'
import type { CommandContext } from './command-context.ts'
import { ExitCode, interruptedCode } from './exit-code.ts'
import { recordsRead } from './job-progress.ts'
import { openMetrics } from './open-metrics.ts'
import { runWatched } from './run-watched.ts'
import { formatCount } from './units.ts'
import { usageError } from './usage-error.ts'

export async function run(context: CommandContext): Promise<number> {
  const { clock, signal, cwd } = context.environment
  const until = context.option('until') as 'latest' | undefined
  if (context.has('drain') && until === undefined) throw usageError('--drain goes with --until latest', 'submit')
  if (context.has('detached')) return (await import('./submit-detached.ts')).run(context)
  const { config } = await context.config()
  const logger = await context.logger()
  const loaded = await loadJob(context.positionals[0]!, cwd)
  const metrics = await openMetrics(context)
  const fromSavepoint = context.option('from-savepoint')
  const status = await runWatched(context, loaded.topology, {
    config,
    loaded,
    parallelism: config.parallelism,
    workers: config.worker.count,
    ...(config.keyGroups === undefined ? {} : { keyGroups: config.keyGroups }),
    clock,
    logger,
    metrics,
    bounds: until === undefined ? {} : { until },
    drain: context.has('drain'),
    allowRewind: context.has('allow-rewind'),
    allowNonRestoredState: context.has('allow-non-restored-state'),
    ...(fromSavepoint === undefined ? {} : { fromSavepoint }),
  })
  if (context.format === 'json') context.printJson(status)
  else context.print(closingLine(status))
  if (signal.aborted) return interruptedCode(signal)
  return status.state === 'CANCELED' ? ExitCode.canceled : ExitCode.ok
}

function closingLine(status: JobStatus): string {
  const { lastCheckpoint } = status
  const read = `job ${status.job} ${status.state}: ${formatCount(recordsRead(status))} records read`
  if (lastCheckpoint === undefined) return read
  return lastCheckpoint.kind === 'savepoint'
    ? `${read}, savepoint ${lastCheckpoint.location}`
    : `${read}, checkpoint ${lastCheckpoint.id}`
}
