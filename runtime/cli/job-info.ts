/** `runtime info JOB`: a running job. */
import type { CommandContext } from './command-context.ts'
import { ExitCode } from './exit-code.ts'
import { jobText } from './job-text.ts'
import { openJob } from './open-job.ts'
import { usageError } from './usage-error.ts'

export async function run(context: CommandContext): Promise<number> {
  const id = context.positionals[0]!
  if (context.format === 'mermaid') throw usageError(`--format mermaid takes a job file, and ${id} is a job`, 'info')
  const job = await (await openJob(context, id)).job(id)
  if (context.format === 'json') context.printJson(job)
  else context.print(jobText(job))
  return ExitCode.ok
}
