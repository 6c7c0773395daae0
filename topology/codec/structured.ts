/**
 * Any record as JSON, and back: for the few records that state keeps as they came, whose schema nobody may know.
 *
 * ```text
 * null, true, "text", 1.5             themselves
 * { "a": 1 }                          plain objects; instances of classes that are only fields become these
 * ["list", …]                         arrays
 * ["undefined"]
 * ["number", "NaN"]                   and "Infinity", "-Infinity", "-0"
 * ["bigint", "12"]
 * ["date", 1700000000000]             null in place of the number where it is invalid
 * ["bytes", "AQI="]                   Uint8Array, and Buffer, in base64
 * ["map", [key, value], …]            and ["set", value, …], in order
 * ```
 */
import { describeValue } from '../describe-value.ts'
import { SluiceError } from '../errors.ts'
import type { Json } from '../json.ts'
import { stateCorrupt } from './state-corrupt.ts'

type Tagged = readonly [tag: string, ...rest: Json[]]

/**
 * @throws {SluiceError} `STATE_VALUE_INVALID` for functions, symbols, and objects that are more than their fields.
 * @example toStructured({ id: 1n, tags: ['a'] }) // { id: ['bigint', '1'], tags: ['list', 'a'] }
 */
export function toStructured(value: unknown): Json {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return value
    case 'number':
      return Number.isFinite(value) && !Object.is(value, -0)
        ? value
        : ['number', Object.is(value, -0) ? '-0' : String(value)]
    case 'bigint':
      return ['bigint', String(value)]
    case 'undefined':
      return ['undefined']
    case 'object':
      return value === null ? null : structuredObject(value)
    default:
      throw noRecord(value)
  }
}

/** What `toStructured` was given. @throws {SluiceError} `STATE_CORRUPT` */
export function fromStructured(json: Json): unknown {
  if (typeof json !== 'object' || json === null) return json
  if (!isTagged(json)) return mapFields(json as Readonly<Record<string, Json>>, fromStructured)
  const [tag, ...rest] = json
  switch (tag) {
    case 'list':
      return rest.map(fromStructured)
    case 'undefined':
      return undefined
    case 'number':
      return Number(rest[0])
    case 'bigint':
      return BigInt(rest[0] as string)
    case 'date':
      return new Date((rest[0] ?? Number.NaN) as number)
    case 'bytes':
      return new Uint8Array(Buffer.from(rest[0] as string, 'base64'))
    case 'map':
      return new Map((rest as [Json, Json][]).map(([key, value]) => [fromStructured(key), fromStructured(value)]))
    case 'set':
      return new Set(rest.map(fromStructured))
    default:
      throw stateCorrupt(`a record holds a value of the kind "${String(tag)}"`)
  }
}

function structuredObject(value: object): Json {
  if (Array.isArray(value)) return ['list', ...Array.from(value, toStructured)]
  if (value instanceof Uint8Array) return ['bytes', Buffer.from(value).toString('base64')]
  if (value instanceof Date) return ['date', Number.isNaN(value.getTime()) ? null : value.getTime()]
  if (value instanceof Map) {
    return ['map', ...Array.from(value, ([key, entry]) => [toStructured(key), toStructured(entry)])]
  }
  if (value instanceof Set) return ['set', ...Array.from(value, toStructured)]
  if (!isOnlyFields(Object.getPrototypeOf(value))) throw noRecord(value)
  return mapFields(value as Readonly<Record<string, unknown>>, toStructured)
}

/** `fromEntries` makes a field of `__proto__` as well. */
function mapFields<A, B>(fields: Readonly<Record<string, A>>, fn: (value: A) => B): Record<string, B> {
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, fn(value)]))
}

function isTagged(json: Json): json is Tagged {
  return Array.isArray(json)
}

/** Whether a prototype adds nothing to an object: as an exchange sees it, which takes the same records. */
function isOnlyFields(prototype: object | null): boolean {
  if (prototype === null || prototype === Object.prototype) return true
  return (
    Reflect.ownKeys(prototype).every((name) => name === 'constructor') && isOnlyFields(Object.getPrototypeOf(prototype))
  )
}

function noRecord(value: unknown): SluiceError {
  return new SluiceError('STATE_VALUE_INVALID', `${describeValue(value)} can't be kept in state`, {
    fix: 'Let records hold plain objects, arrays, Maps, Sets, Dates, bytes and primitives.',
  })
}
