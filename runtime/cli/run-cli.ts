/** `runtime`: finds the command, runs it, and turns what happened into an exit code. */
import { isSluiceError } from '../../topology/errors.ts'
import type { CommandDescription } from './command.ts'
import { type CliEnvironment, CommandContext } from './command-context.ts'
import { chooseCommand } from './commands.ts'
import { ExitCode, exitCodeOf, interruptedCode } from './exit-code.ts'
import { commandHelp, overview } from './help-text.ts'
import { parseArguments } from './parse-arguments.ts'
import { printError } from './print-error.ts'

/** `argv` without node and script. Resolves to the exit code; never rejects. */
export async function runCli(argv: readonly string[], environment: CliEnvironment): Promise<number> {
  const { stdout, stderr } = environment
  const [name] = argv
  if (name === undefined) {
    stderr.write(overview())
    return ExitCode.usage
  }
  if (name === '--version' || name === '-V') {
    const { version } = await import('../version.ts')
    stdout.write(`${version}\n`)
    return ExitCode.ok
  }
  if (name === '--help' || name === '-h') {
    stdout.write(overview())
    return ExitCode.ok
  }
  return reported(argv, environment, () => {
    const { command, rest } = chooseCommand(argv)
    return runCommand(command, rest, environment)
  })
}

/** A program of one command: the same help, options and exit codes as a command of `runtime`. Never rejects. */
export function runProgram(
  command: CommandDescription,
  argv: readonly string[],
  environment: CliEnvironment,
): Promise<number> {
  return reported(argv, environment, () => runCommand(command, argv, environment))
}

async function runCommand(
  command: CommandDescription,
  argv: readonly string[],
  environment: CliEnvironment,
): Promise<number> {
  if (asksForHelp(argv)) {
    environment.stdout.write(commandHelp(command))
    return ExitCode.ok
  }
  const context = new CommandContext(environment, command, parseArguments(command, argv))
  await using _resources = context.resources
  const { run } = await command.load()
  return await run(context)
}

/** Errors become text or JSON on standard error, and an exit code. */
async function reported(
  argv: readonly string[],
  { stderr, signal }: CliEnvironment,
  run: () => Promise<number>,
): Promise<number> {
  try {
    return await run()
  } catch (error) {
    if (signal.aborted && !isSluiceError(error)) return interruptedCode(signal)
    printError(error, asksForJson(argv) ? 'json' : 'text', stderr)
    return exitCodeOf(error)
  }
}

function asksForHelp(argv: readonly string[]): boolean {
  const end = argv.indexOf('--')
  return (end < 0 ? argv : argv.slice(0, end)).some((argument) => argument === '--help' || argument === '-h')
}

/** Also when the rest of the command line makes no sense. */
function asksForJson(argv: readonly string[]): boolean {
  return argv.some(
    (argument, index) => argument === '--format=json' || (argument === '--format' && argv[index + 1] === 'json'),
  )
}
