/** Rules over one field. All but `notNull` and `notBlank` hold for null: whether a field may be absent is their business. */
import type { DurationMs } from '../../topology/duration.ts'
import { TopologyError } from '../../topology/errors.ts'
import { parseIsoTimestampMs } from '../../topology/schema/index.ts'
import type { Field } from '../../topology/schema/types.ts'
import type { FieldOf } from '../field-of.ts'
import { type BoundText, formatFieldValue, parseBound } from './field-value.ts'
import { type Check, type RowRule, type RuleOptions, ruleBase, type UniqueRule } from './rule.ts'

/** The field has a value. The empty string is one. */
export function notNull<T, F extends keyof T & string>(field: F, options: RuleOptions<NoInfer<T>> = {}): RowRule<T> {
  return fieldRule(`not_null(${field})`, field, options, () => {
    const reason = `${field} is null`
    return (row) => (row[field] === null || row[field] === undefined ? reason : undefined)
  })
}

/** The field has a text with something in it besides white space. */
export function notBlank<T, F extends FieldOf<T, string | null>>(
  field: F,
  options: RuleOptions<NoInfer<T>> = {},
): RowRule<T> {
  return fieldRule(`not_blank(${field})`, field, options, (column) => (row) => {
    const value: string | null = row[field]
    if (value === null) return `${field} is null`
    return SOMETHING.test(value) ? undefined : `${field} is blank: ${formatFieldValue(column, value)}`
  })
}

const SOMETHING = /\S/

/**
 * No two records within a horizon of event time have the same value: the first passes. Needs event times, and brings its
 * own exchange. A record older than the horizon can't be judged, and breaks the rule.
 *
 * To drop duplicates rather than to quarantine them, `deduplicate` is meant.
 */
export function unique<T, F extends FieldOf<T, string | number | bigint | boolean>>(
  field: F,
  options: RuleOptions<NoInfer<T>> & { readonly within: DurationMs },
): UniqueRule<T> {
  return { kind: 'unique', field, withinMs: options.within, ...ruleBase(`unique(${field})`, options) }
}

/** Inclusive bounds, in the field's own terms: decimals as numbers or their text, dates and timestamps as ISO 8601. */
export interface Bounds {
  readonly min?: number | bigint | BoundText
  readonly max?: number | bigint | BoundText
}

/** The value lies within bounds, both inclusive. NaN never does. */
export function range<T, F extends FieldOf<T, number | bigint | null>>(
  field: F,
  bounds: Bounds,
  options: RuleOptions<NoInfer<T>> = {},
): RowRule<T> {
  return fieldRule(`range(${field})`, field, options, (column) => {
    const min = bounds.min === undefined ? undefined : parseBound(column, bounds.min)
    const max = bounds.max === undefined ? undefined : parseBound(column, bounds.max)
    return (row) => {
      const value: number | bigint | null = row[field]
      if (value === null) return undefined
      if (min !== undefined && !(value >= min))
        return `${field} is ${formatFieldValue(column, value)}, below ${bounds.min}`
      if (max !== undefined && !(value <= max))
        return `${field} is ${formatFieldValue(column, value)}, above ${bounds.max}`
      return Number.isNaN(value) ? `${field} is NaN` : undefined
    }
  })
}

/** The text matches a pattern; anchor it to match all of it. */
export function matches<T, F extends FieldOf<T, string | null>>(
  field: F,
  pattern: RegExp,
  options: RuleOptions<NoInfer<T>> = {},
): RowRule<T> {
  // With g or y a RegExp remembers where it stopped, from one record to the next.
  const stateless = new RegExp(pattern.source, pattern.flags.replace(/[gy]/g, ''))
  return fieldRule(`matches(${field})`, field, options, (column) => (row) => {
    const value: string | null = row[field]
    if (value === null || stateless.test(value)) return undefined
    return `${field} is ${formatFieldValue(column, value)}, which does not match ${pattern}`
  })
}

/** The value is one of a few. */
export function oneOf<T, F extends FieldOf<T, string | number | bigint | boolean | null>>(
  field: F,
  values: readonly NonNullable<T[F]>[],
  options: RuleOptions<NoInfer<T>> = {},
): RowRule<T> {
  const allowed = new Set<unknown>(values)
  return fieldRule(`one_of(${field})`, field, options, (column) => (row) => {
    const value: unknown = row[field]
    if (value === null || allowed.has(value)) return undefined
    return `${field} is ${formatFieldValue(column, value)}, none of ${values.join(', ')}`
  })
}

/** The text is an ISO 8601 date-time with zone, of the years 0001 to 9999, such as 2026-11-23T08:30:00Z. */
export function isoTimestamp<T, F extends FieldOf<T, string | null>>(
  field: F,
  options: RuleOptions<NoInfer<T>> = {},
): RowRule<T> {
  return fieldRule(`iso_timestamp(${field})`, field, options, (column) => (row) => {
    const value: string | null = row[field]
    if (value === null || !Number.isNaN(parseIsoTimestampMs(value))) return undefined
    return `${field} is ${formatFieldValue(column, value)}, no ISO 8601 date-time with zone`
  })
}

/** The decimal has at most `count` digits after the point; trailing zeros are none. */
export function decimals<T, F extends FieldOf<T, number | bigint | null>>(
  field: F,
  count: number,
  options: RuleOptions<NoInfer<T>> = {},
): RowRule<T> {
  return fieldRule(`decimals(${field})`, field, options, (column) => {
    const { type } = column
    if (type.kind !== 'decimal') throw unfit(`decimals(${field})`, `${field} is no decimal but a ${type.kind}`)
    if (!(Number.isInteger(count) && count >= 0)) throw unfit(`decimals(${field})`, `${count} is no number of digits`)
    if (type.scale <= count) return () => undefined
    const unit = 10n ** BigInt(type.scale - count)
    const smallUnit = Number(unit)
    return (row) => {
      const value: number | bigint | null = row[field]
      if (value === null) return undefined
      const rest = typeof value === 'bigint' ? value % unit === 0n : value % smallUnit === 0
      return rest ? undefined : `${field} is ${formatFieldValue(column, value)}, with more than ${count} decimals`
    }
  })
}

function fieldRule<T>(
  name: string,
  field: string,
  options: RuleOptions<NoInfer<T>>,
  compile: (column: Field) => Check,
): RowRule<T> {
  const base = ruleBase(name, options)
  return {
    kind: 'row',
    ...base,
    compile(fields) {
      const column = fields.get(field)
      if (column === undefined) throw unfit(name, `there is no column ${field}`)
      return compile(column)
    },
  }
}

function unfit(rule: string, why: string): TopologyError {
  return new TopologyError('RULE_UNFIT', `rule ${rule}: ${why}`, {
    fix: 'Judge a field of the schema, by a rule for its type.',
  })
}
