/** Help, made from the table of commands. */
import type { CommandDescription } from './command.ts'
import { COMMANDS } from './commands.ts'
import { EXIT_CODES } from './exit-code.ts'
import type { OptionDescription } from './option.ts'

/** Of all commands. */
export function overview(): string {
  return [
    'runtime: stream events into Iceberg tables, exactly once, and query them.',
    '',
    'Usage: runtime COMMAND [OPTIONS]',
    '',
    'Commands:',
    ...columns(COMMANDS.map((command) => [signature(command), command.summary])),
    '',
    'Exit codes:',
    ...columns(EXIT_CODES.map(({ code, meaning }) => [String(code), meaning])),
    '',
    '`runtime help COMMAND` tells more. Settings come from options, the environment and .env: see `runtime config`.',
    '',
  ].join('\n')
}

/** Of one command. */
export function commandHelp(command: CommandDescription): string {
  const options = Object.entries(command.options)
  return [
    `Usage: ${command.invocation ?? `runtime ${signature(command)}`}${options.length > 0 ? ' [OPTIONS]' : ''}`,
    '',
    `${command.summary[0]!.toUpperCase()}${command.summary.slice(1)}.`,
    ...(command.details ?? []).flatMap((paragraph) => ['', ...wrapped(paragraph)]),
    ...section(
      'Arguments',
      command.positionals.map(({ name, summary }) => [name, summary]),
    ),
    ...section('Options', [
      ...options.map(([name, option]): readonly [string, string] => [
        optionSignature(name, option),
        optionSummary(option),
      ]),
      ['-h, --help', 'show this'],
    ]),
    '',
    'Examples:',
    ...command.examples.map((example) => `  ${example}`),
    '',
  ].join('\n')
}

function signature({ name, positionals }: CommandDescription): string {
  return [name, ...positionals.map((each) => (each.optional === true ? `[${each.name}]` : each.name))].join(' ')
}

function optionSignature(name: string, { value, choices }: OptionDescription): string {
  if (value === undefined) return `--${name}`
  return `--${name} ${choices === undefined ? value : choices.join('|')}`
}

function optionSummary({ summary, default: fallback, variable }: OptionDescription): string {
  const notes = [
    ...(variable === undefined ? [] : [variable]),
    ...(fallback === undefined ? [] : [`default ${fallback}`]),
  ]
  return notes.length === 0 ? summary : `${summary} (${notes.join(', ')})`
}

function section(title: string, rows: readonly (readonly [string, string])[]): readonly string[] {
  return rows.length === 0 ? [] : ['', `${title}:`, ...columns(rows)]
}

function columns(rows: readonly (readonly [string, string])[]): readonly string[] {
  const width = Math.max(...rows.map(([left]) => left.length))
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`)
}

function wrapped(paragraph: string, width = 100): readonly string[] {
  const lines = ['']
  for (const word of paragraph.split(' ')) {
    const line = lines.at(-1)!
    if (line !== '' && line.length + 1 + word.length > width) lines.push(word)
    else lines[lines.length - 1] = line === '' ? word : `${line} ${word}`
  }
  return lines
}
