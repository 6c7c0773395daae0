/** A value of a query's answer as the text of a cell. */
import type { Json } from '../../topology/json.ts'

/** Texts as they are, the rest as JSON. */
export function cellText(value: Json): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}
