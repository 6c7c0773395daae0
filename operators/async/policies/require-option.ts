/** The error for an option of a policy, or of an asyncMap, that makes no sense. */
import { TopologyError } from '../../../topology/errors.ts'

/** @throws {TopologyError} `ASYNC_OPTION` unless `holds`; `should` says what the option is to be. */
export function requireOption(holds: boolean, what: string, option: string, value: unknown, should: string): void {
  if (holds) return
  throw new TopologyError('ASYNC_OPTION', `${what}: ${option} can't be ${String(value)}`, {
    fix: `${option} is ${should}.`,
    details: { option, value: String(value) },
  })
}

export function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 1
}

/** Above 0; +∞ is one. */
export function isPositive(value: unknown): boolean {
  return typeof value === 'number' && value > 0
}
