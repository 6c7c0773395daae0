/** Rows as CSV (RFC 4180): quoted where needed, lines end with CRLF, null is empty. */
import type { Json } from '../../topology/json.ts'
import { cellText } from './cell-text.ts'

export function csvLine(values: readonly Json[]): string {
  return `${values.map(csvField).join(',')}\r\n`
}

function csvField(value: Json): string {
  if (value === null) return ''
  const text = cellText(value)
  // An empty text is quoted, so that it can be told from null.
  return text === '' || /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
