/** The key of a record that goes into a topic: where it comes from, and its bytes. */

/** Text and numbers are written as people write them, bytes stay as they are; null is no key. */
export type RecordKeyValue = string | number | bigint | boolean | Uint8Array | null | undefined

/** The fields of a row that can be a key. */
export type KeyField<T> = { [F in keyof T & string]: T[F] extends RecordKeyValue ? F : never }[keyof T & string]

/** A field of the row, or a function of it. */
export type RecordKey<T> = KeyField<T> | ((row: T) => RecordKeyValue)

/** The function that gives the key of a row. It throws as {@link keyBytes} does, and what the job's function throws. */
export function rowKey<T>(key: RecordKey<T>): (row: T) => Uint8Array | null {
  return typeof key === 'function' ? (row) => keyBytes(key(row)) : (row) => keyBytes(row[key] as RecordKeyValue)
}

/** @throws {TypeError} for what can't be a key: it says what it got. */
export function keyBytes(key: RecordKeyValue): Uint8Array | null {
  switch (typeof key) {
    case 'string':
      if (!key.isWellFormed()) throw new TypeError('a key with a lone surrogate has no UTF-8 form')
      return Buffer.from(key)
    case 'bigint':
    case 'boolean':
      return Buffer.from(String(key))
    case 'number':
      if (Number.isNaN(key)) throw new TypeError('NaN is no key')
      return Buffer.from(String(key))
    default:
      if (key === null || key === undefined) return null
      if (key instanceof Uint8Array) return key
      throw new TypeError(`a key is text, a number or bytes, not ${typeof key}`)
  }
}
