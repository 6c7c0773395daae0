/** Reads a batch from a frame, laid out as layout.ts says. */
import { Batch, type Key } from '../../../topology/element.ts'
import { frameCorrupt } from './frame-corrupt.ts'
import { FrameReader } from './frame-reader.ts'
import { Attribute } from './layout.ts'
import { readColumn } from './read-column.ts'
import { toArray } from './read-values.ts'

const ALL_ATTRIBUTES = Object.values<number>(Attribute).reduce((all, each) => all | each)

/**
 * The batch that `encodeBatch` wrote. Its columns are views of `bytes`, which belongs to the batch from now on and must not
 * change; rows are made when somebody asks for them. Have it begin at a multiple of 8 in its buffer, or it is copied.
 *
 * @throws {SluiceError} `FRAME_CORRUPT` when the bytes are not what was written. The checksum tells here; bytes that were
 * never a frame, but have its checksum, may be found out when rows or columns are first asked for.
 */
export function decodeBatch(bytes: Uint8Array): Batch {
  const frame = new FrameReader(bytes)
  const { attributes } = frame
  const has = (attribute: number) => (attributes & attribute) !== 0
  const length = frame.u32(2)[0]!
  if ((attributes & ~ALL_ATTRIBUTES) !== 0) throw frameCorrupt(`it has attributes of another version: ${attributes}`)
  const timestampsMs = has(Attribute.timestampsMs) ? frame.f64(length) : undefined
  const keyGroups = has(Attribute.keyGroups) ? frame.u16(length) : undefined
  const kinds = has(Attribute.kinds) ? frame.u8(length) : undefined
  const origin = has(Attribute.origin) ? readOrigin(frame) : undefined
  const keys = has(Attribute.keys) ? toArray(readColumn(frame, length).values as ArrayLike<Key>) : undefined
  const rows = readColumn(frame, length)
  if (!frame.atEnd) throw frameCorrupt('it goes on after its rows')
  return new Batch(
    { length, make: () => toArray(rows.values), column: (name) => rows.field(name) },
    { timestampsMs, keyGroups, kinds, origin, keys },
  )
}

function readOrigin(frame: FrameReader): string {
  const origin = readColumn(frame, 1).values[0]
  if (typeof origin !== 'string') throw frameCorrupt('its origin is no string')
  return origin
}
