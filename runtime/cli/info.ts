/** `runtime info`: the plan of a job, without running it. */
import { compile } from '../../topology/plan/compile.ts'
import { explainJson, explainMermaid, explainText } from '../../topology/plan/explain.ts'
import { loadJob } from '../control/load-job.ts'
import type { CommandContext } from './command-context.ts'
import { ExitCode } from './exit-code.ts'

export async function run(context: CommandContext): Promise<number> {
  const { topology } = await loadJob(context.positionals[0]!, context.environment.cwd)
  const plan = compile(topology)
  if (context.format === 'json') context.printJson(explainJson(plan))
  else context.print(context.format === 'mermaid' ? explainMermaid(plan) : explainText(plan))
  return ExitCode.ok
}
