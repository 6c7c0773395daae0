/** Reads a command's arguments by its description. */
import { parseArgs } from 'node:util'
import type { CommandDescription } from './command.ts'
import type { OptionDescription, ParsedArguments } from './option.ts'
import { suggestion, usageError } from './usage-error.ts'

/** @throws {SluiceError} `USAGE`, with the nearest name where one is unknown. */
export function parseArguments(command: CommandDescription, argv: readonly string[]): ParsedArguments {
  const { tokens } = parseArgs({
    args: [...argv],
    options: Object.fromEntries(
      Object.entries(command.options).map(([name, option]) => [
        name,
        { type: option.value === undefined ? ('boolean' as const) : ('string' as const) },
      ]),
    ),
    allowPositionals: true,
    strict: false,
    tokens: true,
  })
  const positionals: string[] = []
  const options: Record<string, string | true> = {}
  for (const token of tokens) {
    if (token.kind === 'positional') positionals.push(token.value)
    else if (token.kind === 'option') {
      const option = Object.hasOwn(command.options, token.name) ? command.options[token.name] : undefined
      if (option === undefined) {
        const nearest = suggestion(token.name, Object.keys(command.options), '--')
        throw usageError(`${command.name} has no option ${token.rawName}${nearest}`, command.name)
      }
      options[token.name] = readValue(command, token.rawName, option, token.value, token.inlineValue)
    }
  }
  checkPositionals(command, positionals)
  return { positionals, options }
}

function readValue(
  command: CommandDescription,
  rawName: string,
  option: OptionDescription,
  value: string | undefined,
  inline: boolean | undefined,
): string | true {
  if (option.value === undefined) {
    if (value !== undefined) throw usageError(`${rawName} takes no value, but got "${value}"`, command.name)
    return true
  }
  // `--key --raw` forgot a value rather than meant one that begins with dashes; `--key=--raw` means it.
  if (value === undefined || (inline !== true && value.startsWith('--'))) {
    throw usageError(`${rawName} needs a value: ${rawName} ${option.value}`, command.name)
  }
  if (option.choices !== undefined && !option.choices.includes(value)) {
    const nearest = suggestion(value, option.choices)
    throw usageError(`${rawName} is "${value}"; it may be ${option.choices.join(', ')}${nearest}`, command.name)
  }
  return value
}

function checkPositionals(command: CommandDescription, given: readonly string[]): void {
  const missing = command.positionals.slice(given.length).find((positional) => positional.optional !== true)
  if (missing !== undefined) {
    throw usageError(`${command.name} needs ${missing.name}: ${missing.summary}`, command.name)
  }
  const extra = given[command.positionals.length]
  if (extra !== undefined) throw usageError(`${command.name} does not know what to do with "${extra}"`, command.name)
}
