/** `runtime cancel JOB`: ends a job without a checkpoint. */
import type { CommandContext } from './command-context.ts'
import { ExitCode } from './exit-code.ts'
import { openJob } from './open-job.ts'

export async function run(context: CommandContext): Promise<number> {
  const id = context.positionals[0]!
  await (await openJob(context, id)).cancel(id)
  if (context.format === 'json') context.printJson({ id, state: 'CANCELED' })
  else context.print(`job ${id} CANCELED; the next submit goes on from its last checkpoint`)
  return ExitCode.ok
}
