/** `runtime info`: the plan of a job file, without running it; or a running job. */
import { compile } from '../../topology/plan/compile.ts'
import { explainJson, explainMermaid, explainText } from '../../topology/plan/explain.ts'
import { loadJob } from '../control/load-job.ts'
import type { CommandContext } from './command-context.ts'
import { ExitCode } from './exit-code.ts'

export async function run(context: CommandContext): Promise<number> {
  // A job's name has neither dots nor slashes, a module's has.
  if (/^[\w-]+$/.test(context.positionals[0]!)) return (await import('./job-info.ts')).run(context)
  const { topology } = await loadJob(context.positionals[0]!, context.environment.cwd)
  const { parallelism, keyGroups } = (await context.config()).config
  const plan = compile(topology, { parallelism, ...(keyGroups === undefined ? {} : { keyGroups }) })
  if (context.format === 'json') context.printJson(explainJson(plan))
  else context.print(context.format === 'mermaid' ? explainMermaid(plan) : explainText(plan))
  return ExitCode.ok
}
