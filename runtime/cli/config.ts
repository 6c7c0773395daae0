/** `runtime config`: every setting in effect, and where it came from. */
import type { CommandContext } from './command-context.ts'
import { ExitCode } from './exit-code.ts'
import { textTable } from './text-table.ts'

export async function run(context: CommandContext): Promise<number> {
  const { settings } = await context.config()
  if (context.format === 'json') {
    context.printJson(settings.map((setting) => ({ ...setting, value: setting.value ?? null })))
  } else {
    const rows = settings.map(({ variable, value, origin, summary }) => [variable, value ?? '', origin, summary])
    context.print(textTable(['variable', 'value', 'from', 'what it is'], rows))
  }
  return ExitCode.ok
}
