/**
 * Keys: what `keyBy` makes of a record, how several fields become one key, and which key group a key belongs to.
 *
 * A single field's key is the raw value, since a `Map` tells '1', 1 and 1n apart and takes −0 for 0. A composite key is
 * a string, each field in turn, so that it can be read back and no two lists of values share one:
 *
 * ```text
 * string   's' length ':' characters    length in UTF-16 code units, decimal
 * number   'n' Number::toString ';'     as ECMAScript prints it
 * bigint   'i' decimal ';'
 * boolean  't' or 'f'
 * ```
 *
 * ('Ann', 7, true) is `s3:Annn7;t`. One operator's keys all have the same number of fields, so a composite key never
 * meets a plain string that looks like it.
 */
import { BufferWriter } from './codec/buffer-writer.ts'
import { KeyTag, writeKey } from './codec/key-bytes.ts'
import { finish, mixBlock, murmur3, scramble } from './codec/murmur3.ts'
import { stateCorrupt } from './codec/state-corrupt.ts'
import type { Key } from './element.ts'
import { SluiceError } from './errors.ts'

/** Into how many key groups keyed state is split: the greatest parallelism a job can be rescaled to. */
export const KEY_GROUPS_DEFAULT = 128

/** The subtask that has a key group, of those whose ranges differ by one at most. @example subtaskOf(43, 3, 128) // 1 */
export function subtaskOf(keyGroup: number, parallelism: number, keyGroups: number): number {
  return Math.floor((keyGroup * parallelism) / keyGroups)
}

/**
 * The key of one value: the value itself, −0 as 0.
 *
 * @throws {SluiceError} `KEY_INVALID`, saying what arrived, for everything but strings, bigints, booleans and numbers
 * that are not NaN.
 */
export function toKey(value: unknown): Key {
  switch (typeof value) {
    case 'string':
    case 'bigint':
    case 'boolean':
      return value
    case 'number':
      if (!Number.isNaN(value)) return value === 0 ? 0 : value
  }
  throw new SluiceError('KEY_INVALID', `${describe(value)} cannot be a key`, {
    fix: 'A key is a string, a number, a bigint or a boolean, or several of them. Filter out or replace what has none.',
    details: { arrived: describe(value) },
  })
}

/** What errors call the one that made a key: a function, or the fields that `keyBy` was told. */
export function describeKey(key: readonly string[] | ((row: any) => unknown) | undefined): string {
  return typeof key === 'function' ? 'the key function' : `keyBy(${(key ?? []).join(', ')})`
}

/**
 * The key of several values, in order; of one value, that value's own key.
 *
 * @throws {SluiceError} `KEY_INVALID` when a value can be no key, or there is none.
 * @example compositeKey(['Ann', 7]) // 's3:Annn7;'
 */
export function compositeKey(values: readonly unknown[]): Key {
  if (values.length === 1) return toKey(values[0])
  if (values.length === 0) {
    throw new SluiceError('KEY_INVALID', 'a key of no fields', { fix: 'Name at least one field to key by.' })
  }
  let composite = ''
  for (let index = 0; index < values.length; index++) {
    const key = toKey(values[index])
    switch (typeof key) {
      case 'string':
        composite += `s${key.length}:${key}`
        break
      case 'number':
        composite += `n${key};`
        break
      case 'bigint':
        composite += `i${key};`
        break
      default:
        composite += key ? 't' : 'f'
    }
  }
  return composite
}

/** The values that `compositeKey` made `key` of. @throws {SluiceError} `STATE_CORRUPT` when it made no such key. */
export function keyValues(key: Key, fieldCount: number): Key[] {
  if (fieldCount === 1) return [key]
  if (typeof key !== 'string') throw stateCorrupt(`the ${typeof key} ${key} is no key of ${fieldCount} fields`)
  const values: Key[] = []
  let at = 0
  while (at < key.length) {
    const tag = key[at++]
    if (tag === 't' || tag === 'f') {
      values.push(tag === 't')
      continue
    }
    const end = key.indexOf(tag === 's' ? ':' : ';', at)
    const text = key.slice(at, end)
    at = end + 1
    if (end < 0) break
    if (tag === 'n') values.push(Number(text))
    else if (tag === 'i') values.push(BigInt(text))
    else if (tag === 's') {
      values.push(key.slice(at, at + Number(text)))
      at += Number(text)
    } else break
  }
  if (values.length !== fieldCount || at !== key.length)
    throw stateCorrupt(`"${key}" is no key of ${fieldCount} fields`)
  return values
}

/**
 * The key group a key belongs to, 0 … keyGroups − 1: murmur3 x86 32-bit (seed 0, unsigned) of the key's byte form, modulo
 * `keyGroups`. Never changes: savepoints are restored by it.
 */
export function keyGroupOf(key: Key, keyGroups: number): number {
  if (typeof key === 'string') {
    const length = key.length
    if (length < 128) {
      // The bytes of a short ASCII string are tag, length, characters: hashed as they are read.
      let hash = 0
      let block = KeyTag.string | (length << 8)
      let shift = 16
      let seen = 0
      for (let index = 0; index < length; index++) {
        const code = key.charCodeAt(index)
        seen |= code
        block |= code << shift
        shift += 8
        if (shift === 32) {
          hash = mixBlock(hash, block)
          block = 0
          shift = 0
        }
      }
      if (seen < 0x80) return groupOf(finish(hash ^ scramble(block), length + 2), keyGroups)
    }
  } else if (typeof key === 'number') {
    words.setFloat64(0, key === 0 ? 0 : key, true)
    const low = words.getInt32(0, true)
    const high = words.getInt32(4, true)
    const hash = mixBlock(mixBlock(0, KeyTag.number | (low << 8)), (low >>> 24) | (high << 8))
    return groupOf(finish(hash ^ scramble(high >>> 24), 9), keyGroups)
  }
  scratch.clear()
  writeKey(scratch, key)
  return groupOf(murmur3(scratch.written()), keyGroups)
}

/** `hash % keyGroups`. V8 takes the remainder of unsigned numbers as one of doubles: of a power of two, bits will do. */
function groupOf(hash: number, keyGroups: number): number {
  const mask = keyGroups - 1
  return (keyGroups & mask) === 0 ? hash & mask : hash % keyGroups
}

const scratch = new BufferWriter()
const words = new DataView(new ArrayBuffer(8))

function describe(value: unknown): string {
  if (value === null || value === undefined || typeof value === 'number') return String(value)
  if (typeof value === 'function') return 'a function'
  if (typeof value === 'symbol') return 'a symbol'
  if (Array.isArray(value)) return 'an array'
  const name = Object.getPrototypeOf(value)?.constructor?.name
  return name === 'Promise'
    ? 'a promise'
    : typeof name === 'string' && name !== 'Object'
      ? `an object (${name})`
      : 'an object'
}
