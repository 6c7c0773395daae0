/** `runtime exceptions JOB`: what made its attempts fail. */
import type { CommandContext } from './command-context.ts'
import { ExitCode } from './exit-code.ts'
import { exceptionText } from './job-text.ts'
import { openJob } from './open-job.ts'

export async function run(context: CommandContext): Promise<number> {
  const id = context.positionals[0]!
  const exceptions = await (await openJob(context, id)).exceptions(id)
  const { root, history, truncated } = exceptions
  if (context.format === 'json') context.printJson(exceptions)
  else if (root === null) context.print(`job ${id} has not failed`)
  else {
    const stack = root.stack === null ? [] : [indented(root.stack)]
    const older = history.slice(1).map(exceptionText)
    const omitted = truncated ? ['Older ones are gone.\n'] : []
    context.print(
      ['last', exceptionText(root), ...stack, ...(older.length === 0 ? [] : ['before', ...older]), ...omitted].join(
        '\n',
      ),
    )
  }
  return ExitCode.ok
}

function indented(text: string): string {
  return `${text.replaceAll(/^/gm, '  ')}\n`
}
