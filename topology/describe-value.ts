/** A value as an error message shows it. */
import { inspect } from 'node:util'

const MAX_LENGTH = 300

/** Short, on one line, and with its types to be seen: `{ id: 'o-1', cents: 1990n, payload: Uint8Array(3) [ 1, 2, 3 ] }`. */
export function describeValue(value: unknown): string {
  const text = inspect(value, {
    depth: 2,
    maxArrayLength: 8,
    maxStringLength: 80,
    breakLength: Number.POSITIVE_INFINITY,
  })
  return text.length > MAX_LENGTH ? `${text.slice(0, MAX_LENGTH)}…` : text
}
