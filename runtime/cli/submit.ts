/** `runtime submit`: one attempt of a job in this process, watched until it ends. */
import type { JobRun, JobStatus } from '../../topology/contract/job-control.ts'
import { SluiceError } from '../../topology/errors.ts'
import { loadJob } from '../control/load-job.ts'
import { submitJob } from '../control/submit-job.ts'
import type { CommandContext } from './command-context.ts'
import { ExitCode, interruptedCode } from './exit-code.ts'
import { recordsRead, watchProgress } from './job-progress.ts'
import { openMetrics } from './open-metrics.ts'
import { stopOnSignal } from './stop-on-signal.ts'
import { formatCount } from './units.ts'
import { usageError } from './usage-error.ts'

export async function run(context: CommandContext): Promise<number> {
  const { clock, signal, stderr, cwd } = context.environment
  const until = context.option('until') as 'latest' | undefined
  if (context.has('drain') && until === undefined) throw usageError('--drain goes with --until latest', 'submit')
  const { config } = await context.config()
  const logger = await context.logger()
  const loaded = await loadJob(context.positionals[0]!, cwd)
  const metrics = await openMetrics(context)
  const fromSavepoint = context.option('from-savepoint')
  const job = await submitJob(loaded.topology, {
    config,
    loaded,
    parallelism: config.parallelism,
    workers: config.worker.count,
    ...(config.keyGroups === undefined ? {} : { keyGroups: config.keyGroups }),
    allowNonRestoredState: context.has('allow-non-restored-state'),
    clock,
    logger,
    metrics,
    bounds: until === undefined ? {} : { until },
    drain: context.has('drain'),
    allowRewind: context.has('allow-rewind'),
    ...(fromSavepoint === undefined ? {} : { fromSavepoint }),
  })
  context.resources.defer(() => job.close())
  const stopping = stopOnSignal(job.run, signal, stderr)
  const status = await watched(job.run, context)
  await stopping()
  if (context.format === 'json') context.printJson(status)
  else context.print(closingLine(status))
  return signal.aborted ? interruptedCode(signal) : ExitCode.ok
}

async function watched(run: JobRun, { environment: { clock, stderr } }: CommandContext): Promise<JobStatus> {
  using _progress = watchProgress(run, { clock, output: stderr })
  return await run.done
}

function closingLine(status: JobStatus): string {
  const checkpoint = status.lastCheckpoint
  if (checkpoint === undefined) throw new SluiceError('NO_CHECKPOINT', `job ${status.job} ended without a checkpoint`)
  const kept = checkpoint.kind === 'savepoint' ? `savepoint ${checkpoint.location}` : `checkpoint ${checkpoint.id}`
  return `job ${status.job} ${status.state}: ${formatCount(recordsRead(status))} records read, ${kept}`
}
