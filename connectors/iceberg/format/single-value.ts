/**
 * Single values in binary (spec, Appendix D): the form of bounds in manifests.
 *
 * boolean: 1 byte. int, date: 4 bytes; long, time, timestamps: 8 bytes; float, double: IEEE 754; all little-endian.
 * decimal: unscaled, two's complement, big-endian, as few bytes as hold it. string: UTF-8. uuid: 16 bytes, big-endian.
 * fixed, binary: as they are.
 */
import { Buffer } from 'node:buffer'
import type { PrimitiveType } from '../../../topology/schema/types.ts'
import type { Value } from './value.ts'

export function serializeValue(type: PrimitiveType, value: Value): Uint8Array {
  switch (type.kind) {
    case 'boolean':
      return Uint8Array.of(value === true ? 1 : 0)
    case 'int':
    case 'date':
      return fill(4, (view) => view.setInt32(0, value as number, true))
    case 'float':
      return fill(4, (view) => view.setFloat32(0, value as number, true))
    case 'double':
      return fill(8, (view) => view.setFloat64(0, value as number, true))
    case 'long':
    case 'time':
    case 'timestamp':
    case 'timestamptz':
      return fill(8, (view) => view.setBigInt64(0, value as bigint, true))
    case 'decimal':
      return unscaledBytes(value as bigint)
    case 'string':
      return Buffer.from(value as string, 'utf8')
    case 'uuid':
      return uuidBytes(value as string)
    case 'fixed':
    case 'binary':
      return value as Uint8Array
  }
}

/** Widened types read the narrower form too: a long's bound may be 4 bytes, a double's a float. */
export function deserializeValue(type: PrimitiveType, bytes: Uint8Array): Value {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  switch (type.kind) {
    case 'boolean':
      return bytes[0] !== 0
    case 'int':
    case 'date':
      return view.getInt32(0, true)
    case 'float':
      return view.getFloat32(0, true)
    case 'double':
      return bytes.length === 4 ? view.getFloat32(0, true) : view.getFloat64(0, true)
    case 'long':
    case 'time':
    case 'timestamp':
    case 'timestamptz':
      return bytes.length === 4 ? BigInt(view.getInt32(0, true)) : view.getBigInt64(0, true)
    case 'decimal':
      return unscaledValue(bytes)
    case 'string':
      return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8')
    case 'uuid':
      return uuidText(bytes)
    case 'fixed':
    case 'binary':
      return bytes
  }
}

/** Two's complement, big-endian, in `length` bytes or as few as hold it. */
export function unscaledBytes(value: bigint, length = minimalLength(value)): Uint8Array {
  const bytes = new Uint8Array(length)
  let rest = value
  for (let i = length - 1; i >= 0; i--) {
    bytes[i] = Number(rest & 0xffn)
    rest >>= 8n
  }
  return bytes
}

export function unscaledValue(bytes: Uint8Array): bigint {
  let value = bytes.length > 0 && bytes[0]! >= 0x80 ? -1n : 0n
  for (const byte of bytes) value = (value << 8n) | BigInt(byte)
  return value
}

export function uuidBytes(uuid: string): Uint8Array {
  return Buffer.from(uuid.replaceAll('-', ''), 'hex')
}

export function uuidText(bytes: Uint8Array): string {
  const hex = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}

function minimalLength(value: bigint): number {
  let length = 1
  while (BigInt.asIntN(length * 8, value) !== value) length++
  return length
}

function fill(length: number, write: (view: DataView) => void): Uint8Array {
  const bytes = new Uint8Array(length)
  write(new DataView(bytes.buffer))
  return bytes
}
