/** Writes a batch as a frame, laid out as layout.ts says. */
import type { Batch } from '../../../topology/element.ts'
import { checksumOf } from './checksum.ts'
import { ColumnEncoder } from './column-encoder.ts'
import { FrameWriter } from './frame-writer.ts'
import { Attribute, CHECKED_OFFSET, CHECKSUM_OFFSET, FRAME_VERSION } from './layout.ts'

const out = new FrameWriter()
const columns = new ColumnEncoder(out)

/**
 * The batch as bytes, in a buffer of their own.
 *
 * Rows are plain data of any shape, alike or not: primitives, objects, arrays, maps, sets, dates, typed arrays, and these
 * in one another. Of an object its enumerable properties with a string for a name travel; an instance of a class without
 * methods arrives as a plain object. Which split the rows came from stays behind.
 *
 * @throws {SluiceError} `VALUE_NOT_TRANSPORTABLE`, naming the field and its value, for functions, symbols, promises,
 * instances with methods and values that contain themselves; `FRAME_TOO_LARGE`.
 */
export function encodeBatch(batch: Batch): Uint8Array {
  const { length, timestampsMs, keyGroups, kinds, origin, keys } = batch
  out.clear()
  columns.clear()
  out.section(CHECKED_OFFSET)
  const count = out.section(8)
  out.u32[count >> 2] = length
  let attributes = 0
  if (timestampsMs !== undefined) {
    attributes |= Attribute.timestampsMs
    const start = out.section(length * 8)
    out.f64.set(timestampsMs, start >> 3)
  }
  if (keyGroups !== undefined) {
    attributes |= Attribute.keyGroups
    const start = out.section(length * 2)
    out.u16.set(keyGroups, start >> 1)
  }
  if (kinds !== undefined) {
    attributes |= Attribute.kinds
    const start = out.section(length)
    out.bytes.set(kinds, start)
  }
  if (origin !== undefined) {
    attributes |= Attribute.origin
    columns.write([origin])
  }
  if (keys !== undefined) {
    attributes |= Attribute.keys
    columns.write(keys)
  }
  columns.write(batch.values)
  out.u32[0] = FRAME_VERSION | (attributes << 8)
  const frame = out.take()
  frame.writeUInt32LE(checksumOf(frame), CHECKSUM_OFFSET)
  return frame
}
