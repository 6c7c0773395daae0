/** The parts of README.md that are made from the code's own tables, so that neither can say what the other does not. */
import type { CommandDescription } from '../../runtime/cli/command.ts'
import { COMMANDS } from '../../runtime/cli/commands.ts'
import { EXIT_CODES } from '../../runtime/cli/exit-code.ts'
import type { OptionDescription } from '../../runtime/cli/option.ts'
import { describeVariable, VARIABLES, type Variable } from '../../runtime/config/variables.ts'
import { ROUTES } from '../../runtime/control/rest/routes.ts'
import { METRICS, type MetricDefinition } from '../../runtime/observability/metric-table.ts'
import { operatorTable, partTable } from './operator-table.ts'

/** By the name in `<!-- name:begin -->` and `<!-- name:end -->`. */
const SECTIONS: Readonly<Record<string, () => string>> = {
  operators: () => tableOf(operatorTable()),
  'operator-parts': () => tableOf(partTable()),
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

function tableOf([head, ...rows]: readonly (readonly string[])[]): string {
  return table(
    head!,
    rows.map((row) => row.map(escaped)),
  )
}

/** Neither a table's border nor HTML. */
function escaped(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('<', '&lt;')
}
