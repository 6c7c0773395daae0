/**
 * How a batch lies in a frame, byte by byte: what both ends of an exchange agree on, in whatever language.
 *
 * Numbers are little-endian. Every line below is a section: it begins at a multiple of 8, counted from the frame's first
 * byte, and what it leaves of the last 8 bytes is 0. So typed arrays can be laid over a frame that is aligned itself; this
 * codec does, and needs a little-endian machine.
 *
 * ```text
 * frame
 *   u8 version, u8 attributes, u16 0, u32 checksum
 *                        version: 1
 *                        attributes, those that follow: the sum of 1 timestampsMs, 2 keyGroups, 4 kinds, 8 origin, 16 keys
 *                        checksum: CRC-32 as in gzip, of the four bytes before it and all that follow it
 *   u32 n, u32 0         n: how many rows
 *   n × f64              timestampsMs, milliseconds since the epoch
 *   n × u16              keyGroups
 *   n × u8               kinds: 0 insert, 1 update-before, 2 update-after, 3 delete
 *   column of 1 value    origin
 *   column of n values   keys
 *   column of n values   rows
 *
 * column of n values
 *   u8 form, u8 variety, u16 0, u32 size
 *   then, by form (size and variety are 0 where nothing is said of them):
 *
 *   0  mix       n × u8              which part the value is in; 255 parts at most
 *                size × u32          how many values each part has
 *                size × column       parts: values of one form each, in order; no mixes
 *   1  null
 *   2  undefined
 *   3  hole                          a place in an array that was never filled
 *   4  boolean   n × u8              0 or 1
 *   5  int32     n × i32             a number that is such an integer, and not −0
 *   6  float64   n × f64             any number
 *   7  int64     n × i64             a bigint
 *   8  bigint    column              hexadecimal digits, behind a '-' when it is below 0
 *   9  latin1    n × u32             characters of each string
 *                size × u8           characters, all below U+0100
 *  10  utf16     n × u32             code units of each string
 *                size × u16          code units, lone surrogates among them
 *  11  date      n × f64             milliseconds since the epoch; NaN is an invalid date
 *  12  bytes     n × u32             bytes of each value
 *                size × u8           bytes; variety: what they are elements of, 0 Uint8Array, 1 Buffer, 2 Int8Array,
 *                                    3 Uint8ClampedArray, 4 Int16Array, 5 Uint16Array, 6 Int32Array, 7 Uint32Array,
 *                                    8 Float32Array, 9 Float64Array, 10 BigInt64Array, 11 BigUint64Array
 *  13  object    size × u8           names of the fields, in order: a JSON array in UTF-8
 *                column, each field  values; variety: 0, or 1 for an object without a prototype
 *  14  list      n × u32             elements of each list
 *                column of size      elements; variety: 0 array, 1 set
 *  15  entries   n × u32             entries of each value
 *                column of size      keys
 *                column of size      values; variety: 0 map, 1 object, 2 object without a prototype
 * ```
 *
 * Null, undefined and hole take no bytes, and are parts of mixes only; an object has 1 to MAX_FIELDS fields, or else is
 * entries. So every value of a column takes a byte at least, and a reader that never believes in more values than there are
 * bytes left is not led to allocate beyond proportion. Objects, lists and entries lie in one another up to MAX_DEPTH deep.
 */

export const FRAME_VERSION = 1
export const MAX_DEPTH = 64
/** With more of them, names are data rather than a shape. */
export const MAX_FIELDS = 1000

/** Where the checksum lies, and where what follows it begins. */
export const CHECKSUM_OFFSET = 4
export const CHECKED_OFFSET = 8

export const Attribute = { timestampsMs: 1, keyGroups: 2, kinds: 4, origin: 8, keys: 16 } as const

/** The first byte of a column. */
export const Form = {
  mix: 0,
  null: 1,
  undefined: 2,
  hole: 3,
  boolean: 4,
  int32: 5,
  float64: 6,
  int64: 7,
  bigint: 8,
  latin1: 9,
  utf16: 10,
  date: 11,
  bytes: 12,
  object: 13,
  list: 14,
  entries: 15,
} as const

/** The first two bytes of a column, for forms that have varieties. */
export const Variety = {
  object: Form.object,
  bareObject: Form.object | (1 << 8),
  array: Form.list,
  set: Form.list | (1 << 8),
  map: Form.entries,
  objectEntries: Form.entries | (1 << 8),
  bareObjectEntries: Form.entries | (2 << 8),
} as const

export interface ByteType {
  readonly BYTES_PER_ELEMENT: number
  readonly prototype: ArrayBufferView
  new (buffer: ArrayBuffer): ArrayBufferView
}

/** Varieties of `bytes`. */
export const BYTE_TYPES: readonly ByteType[] = [
  Uint8Array,
  Buffer as unknown as ByteType,
  Int8Array,
  Uint8ClampedArray,
  Int16Array,
  Uint16Array,
  Int32Array,
  Uint32Array,
  Float32Array,
  Float64Array,
  BigInt64Array,
  BigUint64Array,
]

/** Stands for a hole while an array's elements are on their way. */
export const HOLE = Symbol('hole')
