/**
 * Writes columns whose values hold no others.
 *
 * Each takes what it hopes are values of one kind, and returns false as soon as one is not: the caller rewinds then.
 */

import { type FrameWriter, frameTooLarge, MAX_BATCH_BYTES } from './frame-writer.ts'
import { BYTE_TYPES, Form } from './layout.ts'
import { formOf, WIDE } from './value-form.ts'

type Values = readonly any[]

export function writeBooleans(out: FrameWriter, values: Values): boolean {
  out.header(Form.boolean, 0)
  const start = out.section(values.length)
  const { bytes } = out
  for (let index = 0; index < values.length; index++) {
    const value = values[index]
    if (typeof value !== 'boolean') return false
    bytes[start + index] = value ? 1 : 0
  }
  return true
}

/** As integers, until one is none: then all are written again. */
export function writeNumbers(out: FrameWriter, values: Values): boolean {
  const start = out.length
  out.header(Form.int32, 0)
  const at = out.section(values.length * 4) >> 2
  const { i32 } = out
  for (let index = 0; index < values.length; index++) {
    const value = values[index]
    if (typeof value !== 'number') return false
    const integer = value | 0
    if (integer !== value || (integer === 0 && 1 / value < 0)) {
      out.rewind(start)
      return writeFloats(out, values)
    }
    i32[at + index] = integer
  }
  return true
}

function writeFloats(out: FrameWriter, values: Values): boolean {
  out.header(Form.float64, 0)
  const at = out.section(values.length * 8) >> 3
  const { f64 } = out
  for (let index = 0; index < values.length; index++) {
    const value = values[index]
    if (typeof value !== 'number') return false
    f64[at + index] = value
  }
  return true
}

/** As 64-bit integers, until one is larger: then all are written again. */
export function writeBigints(out: FrameWriter, values: Values): boolean {
  const start = out.length
  out.header(Form.int64, 0)
  const at = out.section(values.length * 8) >> 3
  const { i64 } = out
  for (let index = 0; index < values.length; index++) {
    const value = values[index]
    if (typeof value !== 'bigint') return false
    i64[at + index] = value
    if (i64[at + index] !== value) {
      out.rewind(start)
      return writeLargeBigints(out, values)
    }
  }
  return true
}

function writeLargeBigints(out: FrameWriter, values: Values): boolean {
  if (!values.every((value) => typeof value === 'bigint')) return false
  out.header(Form.bigint, 0)
  return writeLatin1(
    out,
    values.map((value) => value.toString(16)),
  )
}

/** Joins the strings, so that the engine is called once for all of them. */
export function writeLatin1(out: FrameWriter, values: Values): boolean {
  const header = out.length
  out.header(Form.latin1, 0)
  const at = out.section(values.length * 4) >> 2
  const { u32 } = out
  let text = ''
  for (let index = 0; index < values.length; index++) {
    const value = values[index]
    if (typeof value !== 'string') return false
    u32[at + index] = value.length
    text += value
    if (text.length > MAX_BATCH_BYTES) throw frameTooLarge(`more than ${MAX_BATCH_BYTES} characters`)
  }
  if (WIDE.test(text)) return false
  const start = out.section(text.length)
  out.bytes.write(text, start, 'latin1')
  out.u32[(header >> 2) + 1] = text.length
  return true
}

export function writeUtf16(out: FrameWriter, values: Values): boolean {
  const header = out.length
  out.header(Form.utf16, 0)
  const at = out.section(values.length * 4) >> 2
  const { u32 } = out
  let text = ''
  for (let index = 0; index < values.length; index++) {
    const value = values[index]
    if (typeof value !== 'string' || !WIDE.test(value)) return false
    u32[at + index] = value.length
    text += value
    if (text.length > MAX_BATCH_BYTES) throw frameTooLarge(`more than ${MAX_BATCH_BYTES} characters`)
  }
  const start = out.section(text.length * 2)
  out.bytes.write(text, start, 'utf16le')
  out.u32[(header >> 2) + 1] = text.length
  return true
}

export function writeDates(out: FrameWriter, values: Values): boolean {
  out.header(Form.date, 0)
  const at = out.section(values.length * 8) >> 3
  const { f64 } = out
  for (let index = 0; index < values.length; index++) {
    const value = values[index]
    if (formOf(value) !== Form.date) return false
    f64[at + index] = value.getTime()
  }
  return true
}

export function writeBytes(out: FrameWriter, form: number, values: Values): boolean {
  const variety = form >> 8
  const { prototype } = BYTE_TYPES[variety]!
  const header = out.length
  out.header(form, 0)
  const at = out.section(values.length * 4) >> 2
  const { u32 } = out
  let size = 0
  for (let index = 0; index < values.length; index++) {
    const value = values[index]
    if (typeof value !== 'object' || value === null || Object.getPrototypeOf(value) !== prototype) return false
    u32[at + index] = value.byteLength
    size += value.byteLength
  }
  let start = out.section(size)
  const { bytes } = out
  for (let index = 0; index < values.length; index++) {
    const value = values[index]
    bytes.set(variety < 2 ? value : new Uint8Array(value.buffer, value.byteOffset, value.byteLength), start)
    start += value.byteLength
  }
  out.u32[(header >> 2) + 1] = size
  return true
}
