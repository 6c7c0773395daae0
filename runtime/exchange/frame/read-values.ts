/** Makes the values of columns from the sections they lie in. */
import { frameCorrupt } from './frame-corrupt.ts'
import { type ByteType, HOLE } from './layout.ts'

/**
 * A long string cut from a longer one keeps all of it in memory, and a key may live in state for months. So text is cut
 * from pieces of this size: as fast as from the whole, and a string that is kept keeps little else.
 */
const PIECE_BYTES = 256

export function readStrings(lengths: Uint32Array, text: Buffer, encoding: 'latin1' | 'utf16le'): string[] {
  const unitBytes = encoding === 'latin1' ? 1 : 2
  const count = lengths.length
  const strings: string[] = new Array(count)
  let start = 0
  let index = 0
  while (index < count) {
    let last = index
    let end = start
    do end += lengths[last++]! * unitBytes
    while (last < count && end + lengths[last]! * unitBytes <= start + PIECE_BYTES)
    if (end > text.length) throw frameCorrupt('strings end after their text')
    const piece = text.toString(encoding, start, end)
    for (let at = 0; index < last; index++) {
      const stringEnd = at + lengths[index]!
      strings[index] = piece.substring(at, stringEnd)
      at = stringEnd
    }
    start = end
  }
  if (start !== text.length) throw frameCorrupt('text goes on after its strings')
  return strings
}

export function readBytes(lengths: Uint32Array, bytes: Buffer, type: ByteType): ArrayBufferView[] {
  return cut(lengths, bytes.length, (start, end) => {
    if ((end - start) % type.BYTES_PER_ELEMENT !== 0) throw frameCorrupt('bytes end within an element')
    return view(type, bytes, start, end)
  })
}

/** Bytes as such are left in the frame. The elements of other arrays would not lie where the machine wants them. */
function view(type: ByteType, bytes: Buffer, start: number, end: number): ArrayBufferView {
  if (type.prototype === Buffer.prototype) return bytes.subarray(start, end)
  if (type === Uint8Array) return new Uint8Array(bytes.buffer, bytes.byteOffset + start, end - start)
  return new type(bytes.buffer.slice(bytes.byteOffset + start, bytes.byteOffset + end) as ArrayBuffer)
}

export function readBooleans(flags: Uint8Array): boolean[] {
  const values: boolean[] = new Array(flags.length)
  for (let index = 0; index < flags.length; index++) values[index] = flags[index] !== 0
  return values
}

export function readDates(milliseconds: Float64Array): Date[] {
  const values: Date[] = new Array(milliseconds.length)
  for (let index = 0; index < milliseconds.length; index++) values[index] = new Date(milliseconds[index]!)
  return values
}

export function readBigints(digits: readonly string[]): bigint[] {
  return digits.map((text) => {
    const match = /^(-?)([0-9a-f]+)$/.exec(text)
    if (match === null) throw frameCorrupt('a bigint has other than hexadecimal digits')
    const magnitude = BigInt(`0x${match[2]}`)
    return match[1] === '-' ? -magnitude : magnitude
  })
}

export function readArrays(lengths: Uint32Array, elements: ArrayLike<unknown>): unknown[][] {
  const all = toArray(elements)
  const hasHoles = all.includes(HOLE)
  return cut(lengths, all.length, (start, end) => (hasHoles ? withHoles(all, start, end) : all.slice(start, end)))
}

function withHoles(elements: readonly unknown[], start: number, end: number): unknown[] {
  const array: unknown[] = []
  for (let index = start; index < end; index++) {
    if (elements[index] === HOLE) array.length++
    else array.push(elements[index])
  }
  return array
}

/** The values of a column as an array: those of numbers are typed ones. */
export function toArray<V>(values: ArrayLike<V>): V[] {
  if (Array.isArray(values)) return values
  const array: V[] = new Array(values.length)
  for (let index = 0; index < values.length; index++) array[index] = values[index]!
  return array
}

export function readSets(lengths: Uint32Array, elements: ArrayLike<unknown>): Set<unknown>[] {
  return cut(lengths, elements.length, (start, end) => {
    const set = new Set<unknown>()
    for (let index = start; index < end; index++) set.add(elements[index])
    return set
  })
}

export function readMaps(
  lengths: Uint32Array,
  keys: ArrayLike<unknown>,
  values: ArrayLike<unknown>,
): Map<unknown, unknown>[] {
  return cut(lengths, keys.length, (start, end) => {
    const map = new Map<unknown, unknown>()
    for (let index = start; index < end; index++) map.set(keys[index], values[index])
    return map
  })
}

export function readObjects(
  lengths: Uint32Array,
  names: ArrayLike<unknown>,
  values: ArrayLike<unknown>,
  isBare: boolean,
): object[] {
  return cut(lengths, names.length, (start, end) => {
    const fields: [string, unknown][] = []
    for (let index = start; index < end; index++) {
      const name = names[index]
      if (typeof name !== 'string') throw frameCorrupt('the name of a field is no string')
      fields.push([name, values[index]])
    }
    const object = Object.fromEntries(fields)
    return isBare ? Object.setPrototypeOf(object, null) : object
  })
}

/** A value for each run of so many out of `total`, which the runs share out among them. */
function cut<V>(lengths: Uint32Array, total: number, make: (start: number, end: number) => V): V[] {
  const values: V[] = new Array(lengths.length)
  let start = 0
  for (let index = 0; index < lengths.length; index++) {
    const end = start + lengths[index]!
    if (end > total) throw frameCorrupt('values take more than there is')
    values[index] = make(start, end)
    start = end
  }
  if (start !== total) throw frameCorrupt('values leave something over')
  return values
}
