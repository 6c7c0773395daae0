/** Takes a checkpoint or a savepoint of a running job, and says where it is. */
import { showingCheckpoint } from './checkpoint-progress.ts'
import type { CommandContext } from './command-context.ts'
import { ExitCode } from './exit-code.ts'
import { checkpointText } from './job-text.ts'
import { openJob } from './open-job.ts'

export async function takeCheckpoint(context: CommandContext, kind: 'checkpoint' | 'savepoint'): Promise<number> {
  const id = context.positionals[0]!
  const control = await openJob(context, id)
  const taken = await showingCheckpoint(context, control, id, control[kind](id))
  if (context.format === 'json') context.printJson(taken)
  else context.print(`checkpoint ${checkpointText(taken)}`)
  return ExitCode.ok
}
