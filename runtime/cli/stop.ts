/** `runtime stop JOB`: ends a job with a savepoint. */
import { showingCheckpoint } from './checkpoint-progress.ts'
import type { CommandContext } from './command-context.ts'
import { ExitCode } from './exit-code.ts'
import { checkpointText } from './job-text.ts'
import { openJob } from './open-job.ts'

export async function run(context: CommandContext): Promise<number> {
  const id = context.positionals[0]!
  const control = await openJob(context, id)
  const stopping = control.stop(id, { drain: context.has('drain') })
  const savepoint = await showingCheckpoint(context, control, id, stopping)
  if (context.format === 'json') context.printJson(savepoint)
  else context.print(`job ${id} FINISHED at checkpoint ${checkpointText(savepoint)}`)
  return ExitCode.ok
}
