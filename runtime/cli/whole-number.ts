/** An option's value as a whole number. */
import type { CommandContext } from './command-context.ts'
import { usageError } from './usage-error.ts'

/** Undefined when the option was not given and has no default. @throws {SluiceError} `USAGE` */
export function wholeNumber(context: CommandContext, name: string, minimum: number): number | undefined {
  const text = context.option(name)
  if (text === undefined) return undefined
  const number = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN
  if (number >= minimum) return number
  throw usageError(`--${name} is "${text}"; it takes a whole number from ${minimum} up`, context.commandName)
}
