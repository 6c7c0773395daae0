/**
 * Primitive values of state, by their layout: which are taken, and what their bytes are. Part of the checkpoint format.
 *
 * ```text
 * int, date, int53, long, decimal     integer
 * time, timestamp, timestamptz        int64
 * float, double                       float64
 * boolean                             uint8 0 or 1
 * string, uuid                        string
 * binary, fixed                       bytes
 * integer                             while |n| < 2^52 a varint, 2n of n ≥ 0 and −2n − 1 of others; beyond, the varint
 *                                     2^53 − 1 and then n, a number as float64, a bigint as bigint
 * ```
 */
import { stateCorrupt } from '../codec/state-corrupt.ts'
import type { ByteReader, ByteWriter } from '../contract/state.ts'
import { expected, type Refusal } from '../schema/json-values.ts'
import { NUMBER_DECIMAL_PRECISION } from '../schema/types.ts'

export interface Primitive<V = any> {
  /** The value as it is kept, or why it is refused. */
  accept(value: unknown): V | Refusal
  write(writer: ByteWriter, value: V): void
  read(reader: ByteReader): V
}

/** @throws {SluiceError} `STATE_CORRUPT` when the layout is none of a primitive */
export function primitiveOf(layout: string): Primitive {
  const known = PRIMITIVES[layout]
  if (known !== undefined) return known
  const [, kind, length] = /^(decimal|fixed)[([](\d+)/.exec(layout) ?? []
  if (kind === 'fixed') return bytes(`${length} bytes`, Number(length))
  if (kind === 'decimal') return decimal(layout, Number(length))
  throw stateCorrupt(`its layout names the type "${layout}", which this version of Sluice does not know`)
}

/** In place of an integer beyond ±2^52, which follows in another form. */
const BEYOND = Number.MAX_SAFE_INTEGER
const LIMIT = 2 ** 52

function zigzag(value: number): number {
  return value >= 0 ? 2 * value : -2 * value - 1
}

function unzigzag(varint: number): number {
  return varint % 2 === 0 ? varint / 2 : -(varint + 1) / 2
}

function integer(what: string, isOne: (value: number) => boolean): Primitive<number> {
  return {
    // −0 + 0 is 0.
    accept: (value) =>
      Number.isSafeInteger(value) && isOne(value as number) ? (value as number) + 0 : expected(what, value),
    write(writer, value) {
      if (value > -LIMIT && value < LIMIT) return writer.varint(zigzag(value))
      writer.varint(BEYOND)
      writer.float64(value)
    },
    read(reader) {
      const varint = reader.varint()
      return varint === BEYOND ? reader.float64() : unzigzag(varint)
    },
  }
}

function bigInteger(what: string, least: bigint, greatest: bigint): Primitive<bigint> {
  return {
    accept: (value) =>
      typeof value === 'bigint' && value >= least && value <= greatest ? value : expected(what, value),
    write(writer, value) {
      const number = Number(value)
      if (number > -LIMIT && number < LIMIT) return writer.varint(zigzag(number))
      writer.varint(BEYOND)
      writer.bigint(value)
    },
    read(reader) {
      const varint = reader.varint()
      return varint === BEYOND ? reader.bigint() : BigInt(unzigzag(varint))
    },
  }
}

function decimal(layout: string, precision: number): Primitive {
  const what = `the scaled integer of a ${layout}`
  if (precision <= NUMBER_DECIMAL_PRECISION) {
    const limit = 10 ** precision
    return integer(what, (value) => Math.abs(value) < limit)
  }
  const greatest = 10n ** BigInt(precision) - 1n
  return bigInteger(`${what}, as a bigint`, -greatest, greatest)
}

function bytes(what: string, length?: number): Primitive<Uint8Array> {
  return {
    accept: (value) =>
      value instanceof Uint8Array && (length === undefined || value.length === length)
        ? new Uint8Array(value)
        : expected(what, value),
    write: (writer, value) => writer.bytes(value),
    read: (reader) => reader.bytes(),
  }
}

const int = integer('an integer of 32 bits', (value) => (value | 0) === value)
const long = bigInteger('a bigint of 64 bits', -(2n ** 63n), 2n ** 63n - 1n)
const micros: Primitive<bigint> = {
  accept: long.accept,
  write: (writer, value) => writer.int64(value),
  read: (reader) => reader.int64(),
}
const double: Primitive<number> = {
  accept: (value) => (typeof value === 'number' ? value : expected('a number', value)),
  write: (writer, value) => writer.float64(value),
  read: (reader) => reader.float64(),
}
const string: Primitive<string> = {
  accept: (value) => (typeof value === 'string' ? value : expected('a string', value)),
  write: (writer, value) => writer.string(value),
  read: (reader) => reader.string(),
}

const PRIMITIVES: Readonly<Record<string, Primitive>> = {
  int,
  date: int,
  int53: integer('an integer within ±(2^53 − 1)', () => true),
  long,
  time: micros,
  timestamp: micros,
  timestamptz: micros,
  float: {
    ...double,
    accept: (value) => (typeof value === 'number' ? Math.fround(value) : expected('a number', value)),
  },
  double,
  boolean: {
    accept: (value) => (typeof value === 'boolean' ? value : expected('true or false', value)),
    write: (writer, value) => writer.uint8(value ? 1 : 0),
    read: (reader) => reader.uint8() !== 0,
  },
  string,
  uuid: string,
  binary: bytes('a Uint8Array'),
}
