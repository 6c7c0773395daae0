/** The parts of README.md that are made from the code's own tables, so that neither can say what the other does not. */
import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { CommandDescription } from '../../runtime/cli/command.ts'
import { COMMANDS } from '../../runtime/cli/commands.ts'
import { EXIT_CODES } from '../../runtime/cli/exit-code.ts'
import type { OptionDescription } from '../../runtime/cli/option.ts'
import { describeVariable, VARIABLES, type Variable } from '../../runtime/config/variables.ts'
import { ROUTES } from '../../runtime/control/rest/routes.ts'
import { METRICS, type MetricDefinition } from '../../runtime/observability/metric-table.ts'

const root = resolve(import.meta.dirname, '../..')

/** By the name in `<!-- name:begin -->` and `<!-- name:end -->`. */
const SECTIONS: Readonly<Record<string, () => string>> = {
  operators: operatorTable,
  cli: () => COMMANDS.map(commandSection).join('\n\n'),
  'exit-codes': () =>
    table(
      ['code', 'meaning'],
      EXIT_CODES.map(({ code, meaning }) => [String(code), meaning]),
    ),
  configuration: configurationTable,
  rest: restTable,
  metrics: metricTable,
}

/** `document` with every section as the code has it. @throws when a section's markers are not there */
export function withGeneratedSections(document: string): string {
  return Object.entries(SECTIONS).reduce((text, [name, generate]) => {
    const [begin, end] = [`<!-- ${name}:begin -->\n`, `<!-- ${name}:end -->`]
    const [from, to] = [text.indexOf(begin), text.indexOf(end)]
    if (from < 0 || to < from) throw new Error(`README.md has no section between ${begin.trim()} and ${end}`)
    return `${text.slice(0, from + begin.length)}\n${generate()}\n\n${text.slice(to)}`
  }, document)
}

/** An exported operator: where it is written and what its docstring says first. */
export interface OperatorEntry {
  readonly name: string
  /** Relative to operators/. */
  readonly file: string
  readonly sentence: string
}

/** Every value that operators/index.ts exports, in its order. */
export function operatorEntries(): readonly OperatorEntry[] {
  const barrel = readFileSync(join(root, 'operators/index.ts'), 'utf8')
  return [...barrel.matchAll(/^export \{([^}]*)\} from '\.\/([^']+)'/gm)].flatMap(([, names, file]) =>
    names!
      .split(',')
      .map((name) => name.trim())
      .filter((name) => name !== '' && !name.startsWith('type '))
      .map((name) => ({ name, file: file!, sentence: firstSentence(file!, name) })),
  )
}

function firstSentence(file: string, name: string): string {
  const text = readFileSync(join(root, 'operators', file), 'utf8')
  const documented = new RegExp(`/\\*\\*((?:(?!\\*/)[\\s\\S])*)\\*/\\s*export (?:function|const) ${name}\\b`).exec(text)
  const paragraph = (documented?.[1] ?? '')
    .replaceAll(/^\s*\*? ?/gm, '')
    .split(/\n\n|@example/)[0]!
    .replaceAll(/\{@link (\w+)\}/g, '`$1`')
    .replaceAll(/\s+/g, ' ')
    .trim()
  return /^.*?[.!](?= [A-Z]|$)/.exec(paragraph)?.[0] ?? paragraph
}

/** By the folder of operators/, in the order of the table. */
const OPERATOR_GROUPS: Readonly<Record<string, string>> = {
  '': 'records and keys',
  process: 'state of your own',
  watermark: 'event time',
  async: 'asking others',
  window: 'windows',
  aggregate: 'inside `aggregate`',
  quality: 'quality',
  medallion: 'medallion',
}

function operatorTable(): string {
  const entries = operatorEntries()
  return table(
    ['kind', 'operator', 'what it does'],
    Object.entries(OPERATOR_GROUPS).flatMap(([folder, kind]) =>
      entries
        .filter(({ file }) => file.slice(0, Math.max(0, file.indexOf('/'))) === folder)
        .map(({ name, file, sentence }) => [kind, `[\`${name}\`](operators/${file})`, escaped(sentence)]),
    ),
  )
}

function commandSection({ name, summary, details = [], positionals, options }: CommandDescription): string {
  const usage = ['runtime', name, ...positionals.map((each) => (each.optional === true ? `[${each.name}]` : each.name))]
  const rows = Object.entries(options).map(([option, description]) => [
    `\`--${option}${optionValue(description)}\``,
    escaped(description.summary),
    description.default === undefined ? '' : `\`${description.default}\``,
  ])
  return [
    `### \`${usage.join(' ')}\``,
    `${summary[0]!.toUpperCase()}${summary.slice(1)}.`,
    ...details.map(escaped),
    ...(rows.length === 0 ? [] : [table(['option', 'meaning', 'default'], rows)]),
  ].join('\n\n')
}

function optionValue({ value, choices }: OptionDescription): string {
  return value === undefined ? '' : ` ${(choices?.join('|') ?? value).replaceAll('|', '\\|')}`
}

function configurationTable(): string {
  const rows = (Object.keys(VARIABLES) as Variable[]).map((variable) => {
    const { summary, expected, default: fallback, flag } = describeVariable(variable)
    return [
      `\`${variable}\``,
      flag === undefined ? '' : `\`--${flag}\``,
      fallback === undefined ? '' : `\`${fallback}\``,
      `${escaped(summary)} (${escaped(expected)})`,
    ]
  })
  return table(['variable', 'flag', 'default', 'meaning (what it takes)'], rows)
}

function restTable(): string {
  const rows = Object.values(ROUTES).map(({ method, path, summary }) => [method, `\`${path}\``, escaped(summary)])
  return table(['method', 'path', 'what it does'], rows)
}

function metricTable(): string {
  const rows = Object.entries<MetricDefinition>(METRICS).map(([name, { type, help, labels = [], flink }]) => [
    `\`${name}\``,
    type,
    labels.map((label) => `\`${label}\``).join(' '),
    flink === undefined ? '' : `\`${flink}\``,
    escaped(help),
  ])
  return table(['metric', 'type', 'own labels', 'in Flink', 'what it is'], rows)
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n')
}

/** Neither a table's border nor HTML. */
function escaped(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('<', '&lt;')
}
