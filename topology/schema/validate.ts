/** Judging a wire value by its schema, whole: what a producer asks before it publishes. */
import { z } from 'zod'
import type { Row } from './row.ts'
import { structOf } from './struct-of.ts'
import type { DataType, StructType } from './types.ts'

export interface ValidationError {
  /** `payload.items[2].price`; empty for the record itself. */
  readonly path: string
  readonly message: string
}

export type ValidationResult<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly errors: readonly ValidationError[] }

/**
 * Checks a wire value (JSON as JavaScript values) against everything its schema says, refinements and unknown fields
 * included, and lists every error; or gives the row it is.
 *
 * @throws {TopologyError} `SCHEMA_UNSUPPORTED`
 * @example validate(Order, { id: '7', amount: 19.9 }) // { ok: true, value: { id: 7n, amount: 1990n } }
 */
export function validate<S extends z.ZodType>(schema: S, wire: unknown): ValidationResult<Row<S>> {
  const struct = structOf(schema)
  const result = z.safeParse(schema, wire)
  const errors = result.success ? [] : result.error.issues.flatMap(describeIssue)
  collectErrors(struct, wire, '', errors)
  return result.success && errors.length === 0
    ? { ok: true, value: toRow(struct, result.data) as Row<S> }
    : { ok: false, errors: dedupe(errors) }
}

function describeIssue(issue: z.core.$ZodIssue): ValidationError[] {
  const path = issue.path.reduce<string>(
    (parent, step) => (typeof step === 'number' ? `${parent}[${step}]` : join(parent, String(step))),
    '',
  )
  // A strict object's issue is the object's; the error is each field's.
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({ path: join(path, key), message: 'unknown field' }))
  }
  return [{ path, message: issue.message }]
}

/** What zod lets pass: fields that a plain z.object() drops, and strings that have no UTF-8 form. */
function collectErrors(type: DataType, wire: unknown, path: string, errors: ValidationError[]): void {
  if (typeof wire === 'string') {
    if (!wire.isWellFormed()) errors.push({ path, message: 'a lone surrogate has no UTF-8 form' })
  } else if (Array.isArray(wire)) {
    if (type.kind === 'list') {
      for (const [index, item] of wire.entries()) collectErrors(type.element, item, `${path}[${index}]`, errors)
    }
  } else if (typeof wire === 'object' && wire !== null) {
    if (type.kind === 'map') {
      const entries = wire instanceof Map ? wire : Object.entries(wire)
      for (const [key, value] of entries) collectErrors(type.value, value, join(path, String(key)), errors)
    } else if (type.kind === 'struct') {
      collectUnknown(type, wire, path, errors)
    }
  }
}

function collectUnknown(type: StructType, wire: object, path: string, errors: ValidationError[]): void {
  for (const [name, value] of Object.entries(wire)) {
    const at = join(path, name)
    const field = type.fields.find((candidate) => candidate.name === name)
    if (field !== undefined) collectErrors(field.type, value, at, errors)
    else if (type.open !== true && value !== undefined) errors.push({ path: at, message: 'unknown field' })
  }
}

/** From zod's output to a row: absent is null, records are Maps, a UUID is in lower case, a float has 32 bits. */
function toRow(type: DataType, value: unknown): unknown {
  if (value === null || value === undefined) return null
  switch (type.kind) {
    case 'struct': {
      const row: Record<string, unknown> = {}
      for (const { name, type: fieldType } of type.fields) {
        row[name] = toRow(fieldType, (value as Record<string, unknown>)[name])
      }
      return row
    }
    case 'list':
      return (value as unknown[]).map((element) => toRow(type.element, element))
    case 'map': {
      const entries: Iterable<[unknown, unknown]> = value instanceof Map ? value : Object.entries(value)
      return new Map(Array.from(entries, ([key, entry]) => [toKey(type.key, key), toRow(type.value, entry)]))
    }
    case 'uuid':
      return (value as string).toLowerCase()
    case 'float':
      return Math.fround(value as number)
    default:
      return value
  }
}

/** An object's keys are strings, also where zod checked them as numbers. */
function toKey(type: DataType, key: unknown): unknown {
  if (typeof key !== 'string') return toRow(type, key)
  switch (type.kind) {
    case 'string':
    case 'uuid':
      return toRow(type, key)
    case 'boolean':
      return key === 'true'
    default:
      return toRow(type, Number(key))
  }
}

function join(parent: string, name: string): string {
  return parent === '' ? name : `${parent}.${name}`
}

function dedupe(errors: readonly ValidationError[]): ValidationError[] {
  return [...new Map(errors.map((error) => [`${error.path}\n${error.message}`, error])).values()]
}
