/** Options that several commands have. */
import { describeVariable, type Variable } from '../config/variables.ts'
import type { OptionDescription } from './option.ts'

/** Sets a variable of the configuration for this run. */
export function variableOption(variable: Variable, value: string): OptionDescription {
  const { summary, default: fallback } = describeVariable(variable)
  return { summary, value, variable, ...(fallback === undefined ? {} : { default: fallback }) }
}

export function formats(first: string, ...others: readonly string[]): OptionDescription {
  return { summary: 'how the answer is written', value: 'FORMAT', choices: [first, ...others], default: first }
}

export const dataDir = variableOption('SLUICE_DATA_DIR', 'DIR')

export const logging = {
  'log-level': variableOption('LOG_LEVEL', 'LEVEL'),
  'log-format': variableOption('LOG_FORMAT', 'FORMAT'),
}
