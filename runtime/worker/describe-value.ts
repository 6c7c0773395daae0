/** A value as an error message shows it: short, and safe for JSON. */
import { inspect } from 'node:util'

export function describeValue(value: unknown): string {
  const text = inspect(value, {
    depth: 2,
    maxArrayLength: 8,
    maxStringLength: 80,
    breakLength: Number.POSITIVE_INFINITY,
  })
  return text.length > 400 ? `${text.slice(0, 400)}…` : text
}
