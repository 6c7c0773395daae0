/** `runtime help [COMMAND]`: the table of commands as text, or whole as JSON. */
import type { CommandDescription } from './command.ts'
import type { CommandContext } from './command-context.ts'
import { COMMANDS, findCommand } from './commands.ts'
import { EXIT_CODES, ExitCode } from './exit-code.ts'
import { commandHelp, overview } from './help-text.ts'

export async function run(context: CommandContext): Promise<number> {
  const name = context.positionals.join(' ')
  const command = name === '' ? undefined : findCommand(name)
  if (context.format === 'json') {
    context.printJson(
      command === undefined ? { commands: COMMANDS.map(describe), exitCodes: EXIT_CODES } : describe(command),
    )
  } else {
    context.print(command === undefined ? overview() : commandHelp(command))
  }
  return ExitCode.ok
}

function describe({ load: _load, ...description }: CommandDescription): Omit<CommandDescription, 'load'> {
  return description
}
