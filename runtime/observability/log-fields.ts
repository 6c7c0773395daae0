/** Log fields made fit for JSON: secrets redacted, errors spelled out, 64-bit numbers as strings, bytes as their length. */
import type { Json } from '../../topology/json.ts'
import { isSecretName, REDACTED, redactText } from './redact.ts'

/** Deeper values are cut off: a log line is no dump. */
const MAX_DEPTH = 6

export function toLogFields(fields: Readonly<Record<string, unknown>>): Record<string, Json> {
  return toLogObject(fields, 0)
}

function toLogObject(value: object, depth: number): Record<string, Json> {
  const result: Record<string, Json> = {}
  for (const [name, field] of Object.entries(value)) {
    if (field === undefined) continue
    result[name] = isSecretName(name) ? REDACTED : toLogValue(field, depth + 1)
  }
  return result
}

function toLogValue(value: unknown, depth: number): Json {
  switch (typeof value) {
    case 'string':
      return redactText(value)
    case 'number':
      return Number.isFinite(value) ? value : String(value)
    case 'boolean':
      return value
    case 'object':
      break
    default:
      return String(value)
  }
  if (value === null) return null
  if (depth > MAX_DEPTH) return '…'
  if (value instanceof Error) return toLogError(value, depth)
  if (value instanceof Date) return value.toISOString()
  if (ArrayBuffer.isView(value)) return `${value.byteLength} bytes`
  if (value instanceof URL) return redactText(value.href)
  if (value instanceof Map) return toLogObject(Object.fromEntries(value), depth)
  if (Array.isArray(value) || value instanceof Set) return Array.from(value, (item) => toLogValue(item, depth + 1))
  return toLogObject(value, depth)
}

function toLogError(error: Error, depth: number): Json {
  const { name, message, stack, cause } = error
  return {
    // `code`, `fix` and `details` of a SluiceError, `errno` and `path` of the system's.
    ...toLogObject(error, depth),
    name,
    message: redactText(message),
    ...(stack === undefined ? {} : { stack: redactText(stack) }),
    ...(cause === undefined ? {} : { cause: toLogValue(cause, depth + 1) }),
  }
}
