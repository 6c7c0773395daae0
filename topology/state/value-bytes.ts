/**
 * Values as bytes, by their layout. Part of the checkpoint format.
 *
 * ```text
 * nullable     uint8 0, or uint8 1 and the value
 * struct       a bit per nullable field, in order, lowest first, set where there is a value, filled up to whole bytes;
 *              then the fields that have a value, in order
 * list         varint n, then n values
 * map          varint n, then n times key, value
 * primitives   see primitive.ts
 * ```
 */
import type { ByteReader, ByteWriter } from '../contract/state.ts'
import {
  isNullable,
  type Layout,
  type ListLayout,
  type MapLayout,
  type PresentLayout,
  presentOf,
  type StructLayout,
} from './layout.ts'
import { primitiveOf } from './primitive.ts'

export type WriteValue = (writer: ByteWriter, value: any) => void
export type ReadValue = (reader: ByteReader) => any

/** How values of a layout are written. */
export function writerOf(layout: Layout): WriteValue {
  const write = presentWriter(presentOf(layout))
  if (!isNullable(layout)) return write
  return (writer, value) => {
    writer.uint8(value === null ? 0 : 1)
    if (value !== null) write(writer, value)
  }
}

/** How values are read that were written by a layout. Fields that only `into` has are null. */
export function readerOf(written: Layout, into: Layout = written): ReadValue {
  const read = presentReader(presentOf(written), presentOf(into))
  return isNullable(written) ? (reader) => (reader.uint8() === 0 ? null : read(reader)) : read
}

function presentWriter(layout: PresentLayout): WriteValue {
  if (typeof layout === 'string') return primitiveOf(layout).write
  if ('struct' in layout) return structWriter(layout)
  if ('list' in layout) {
    const writeElement = writerOf(layout.list)
    return (writer, value: readonly unknown[]) => {
      writer.varint(value.length)
      for (let index = 0; index < value.length; index++) writeElement(writer, value[index])
    }
  }
  const [writeKey, writeEntry] = layout.map.map(writerOf) as [WriteValue, WriteValue]
  return (writer, value: ReadonlyMap<unknown, unknown>) => {
    writer.varint(value.size)
    for (const [key, entry] of value) {
      writeKey(writer, key)
      writeEntry(writer, entry)
    }
  }
}

function structWriter({ struct }: StructLayout): WriteValue {
  const names = Object.keys(struct)
  const writers = names.map((name) => presentWriter(presentOf(struct[name]!)))
  const nullable = names.filter((name) => isNullable(struct[name]!))
  return (writer, value: Readonly<Record<string, unknown>>) => {
    for (let from = 0; from < nullable.length; from += 8) {
      let bits = 0
      for (let bit = 0; bit < 8 && from + bit < nullable.length; bit++) {
        if (value[nullable[from + bit]!] !== null) bits |= 1 << bit
      }
      writer.uint8(bits)
    }
    for (let index = 0; index < names.length; index++) {
      const field = value[names[index]!]
      if (field !== null) writers[index]!(writer, field)
    }
  }
}

function presentReader(written: PresentLayout, into: PresentLayout): ReadValue {
  if (typeof written === 'string') return primitiveOf(written).read
  if ('struct' in written) return structReader(written, into as StructLayout)
  if ('list' in written) {
    const readElement = readerOf(written.list, (into as ListLayout).list)
    return (reader) => {
      const values: unknown[] = []
      for (let left = reader.varint(); left > 0; left--) values.push(readElement(reader))
      return values
    }
  }
  const [readKey, readEntry] = written.map.map((each, place) => readerOf(each, (into as MapLayout).map[place]))
  return (reader) => {
    const entries = new Map<unknown, unknown>()
    for (let left = reader.varint(); left > 0; left--) {
      const key = readKey!(reader)
      entries.set(key, readEntry!(reader))
    }
    return entries
  }
}

function structReader({ struct }: StructLayout, into: StructLayout): ReadValue {
  const names = Object.keys(struct)
  const readers = names.map((name) => presentReader(presentOf(struct[name]!), presentOf(into.struct[name]!)))
  /** Which of the nullable fields it is; −1 of one that always has a value. */
  let nullable = 0
  const places = names.map((name) => (isNullable(struct[name]!) ? nullable++ : -1))
  const bits = new Uint8Array(Math.ceil(nullable / 8))
  // Copies of one object share a hidden class.
  const empty = Object.fromEntries(Object.keys(into.struct).map((name) => [name, null]))
  return (reader) => {
    for (let index = 0; index < bits.length; index++) bits[index] = reader.uint8()
    const value: Record<string, unknown> = { ...empty }
    for (let index = 0; index < names.length; index++) {
      const place = places[index]!
      if (place < 0 || (bits[place >> 3]! >> (place & 7)) & 1) value[names[index]!] = readers[index]!(reader)
    }
    return value
  }
}
