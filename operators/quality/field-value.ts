/** Values of a field as people write and read them: bounds of rules, and what a reason quotes. */
import { TopologyError } from '../../topology/errors.ts'
import {
  formatDate,
  formatDecimal,
  formatLocalMicros,
  formatMicros,
  MAX_DECIMAL_PRECISION,
  NUMBER_DECIMAL_PRECISION,
  parseDecimal,
  parseIsoDate,
  parseIsoLocalTimestampMicros,
  parseIsoTimestampMicros,
} from '../../topology/schema/index.ts'
import type { Field } from '../../topology/schema/types.ts'

/** A decimal, a date or a timestamp as text. */
export type BoundText = string

/**
 * A bound as it compares with the field's values in memory.
 *
 * @throws {TopologyError} `RULE_UNFIT` when it is none of the field's values.
 */
export function parseBound(field: Field, bound: number | bigint | BoundText): number | bigint {
  const parsed = boundOf(field, bound)
  if (parsed !== undefined && !Number.isNaN(parsed)) return parsed
  throw new TopologyError('RULE_UNFIT', `${String(bound)} is no bound for ${field.name}, a ${field.type.kind}`, {
    fix: 'Write decimals as numbers or text with no more digits than the field has, dates and timestamps as ISO 8601 text.',
  })
}

function boundOf({ type, int53 }: Field, bound: number | bigint | BoundText): number | bigint | undefined {
  switch (type.kind) {
    case 'decimal': {
      const unscaled = parseDecimal(String(bound), MAX_DECIMAL_PRECISION, type.scale)
      return unscaled !== undefined && type.precision <= NUMBER_DECIMAL_PRECISION ? Number(unscaled) : unscaled
    }
    case 'date':
      return typeof bound === 'string' ? parseIsoDate(bound) : Number(bound)
    case 'timestamptz':
      return typeof bound === 'string' ? parseIsoTimestampMicros(bound) : integer(bound)
    case 'timestamp':
      return typeof bound === 'string' ? parseIsoLocalTimestampMicros(bound) : integer(bound)
    case 'long':
      return int53 === true ? Number(bound) : integer(bound)
    case 'int':
    case 'float':
    case 'double':
      return bound === '' ? undefined : Number(bound)
    default:
      return undefined
  }
}

function integer(bound: number | bigint | string): bigint | undefined {
  if (typeof bound === 'bigint') return bound
  if (typeof bound === 'number') return Number.isSafeInteger(bound) ? BigInt(bound) : undefined
  return /^-?\d+$/.test(bound) ? BigInt(bound) : undefined
}

/** Reasons go into tables: no more of a text than tells it from others. */
const MAX_TEXT_LENGTH = 300

/** A value as its field writes it: 1990 of scale 2 is `19.90`. Long texts are cut. */
export function formatFieldValue({ type }: Field, value: unknown): string {
  try {
    if (type.kind === 'decimal') return formatDecimal(value as bigint | number, type.scale)
    if (type.kind === 'date') return formatDate(value as number)
    if (type.kind === 'timestamptz') return formatMicros(value as bigint)
    if (type.kind === 'timestamp') return formatLocalMicros(value as bigint)
  } catch {
    // Out of the years that ISO 8601 can write: then as the number it is.
  }
  return typeof value === 'string' ? quoteText(value) : String(value)
}

function quoteText(text: string): string {
  if (text.length <= MAX_TEXT_LENGTH) return JSON.stringify(text)
  return `${JSON.stringify(text.slice(0, MAX_TEXT_LENGTH))}… (${text.length} characters)`
}
