/** `runtime rescale JOB --parallelism N`: lets a job go on at another parallelism. */
import { showingCheckpoint } from './checkpoint-progress.ts'
import type { CommandContext } from './command-context.ts'
import { ExitCode } from './exit-code.ts'
import { openJob } from './open-job.ts'
import { usageError } from './usage-error.ts'
import { wholeNumber } from './whole-number.ts'

export async function run(context: CommandContext): Promise<number> {
  const id = context.positionals[0]!
  const parallelism = wholeNumber(context, 'parallelism', 1)
  const workers = wholeNumber(context, 'workers', 0)
  if (parallelism === undefined) throw usageError('rescale needs --parallelism N', 'rescale')
  const control = await openJob(context, id)
  const rescaling = control.rescale(id, { parallelism, ...(workers === undefined ? {} : { workers }) })
  const job = await showingCheckpoint(context, control, id, rescaling)
  if (context.format === 'json') context.printJson(job)
  else context.print(`job ${id} ${job.state} at parallelism ${job.parallelism}, workers: ${job.workers}`)
  return ExitCode.ok
}
