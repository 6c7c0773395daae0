/**
 * The headers of a batch's records, packed behind their data. Little endian:
 *
 *     n × u32   end of the record's headers, counted from the end of this table
 *     headers   per header: u32 length of its key, key in UTF-8, u32 length of its value (all bits set: null), value
 */
import type { OutgoingRecord, RecordHeader } from '../../topology/contract/topic.ts'

const NULL = 0xffffffff
/** The two lengths of a header, and a record's place in the table. */
const LENGTHS_BYTES = 8
const END_BYTES = 4

/** What a record's headers take at most. */
export function headersSize(headers: readonly RecordHeader[] | undefined): number {
  if (headers === undefined || headers.length === 0) return 0
  let sizeBytes = END_BYTES
  for (const { key, value } of headers) sizeBytes += LENGTHS_BYTES + Buffer.byteLength(key) + (value?.length ?? 0)
  return sizeBytes
}

export function packHeaders(records: readonly OutgoingRecord[]): Buffer {
  const ends = Buffer.alloc(records.length * END_BYTES)
  const parts: Uint8Array[] = [ends]
  let end = 0
  records.forEach(({ headers = [] }, index) => {
    for (const { key, value } of headers) {
      const keyBytes = Buffer.from(key)
      parts.push(uint32(keyBytes.length), keyBytes, uint32(value?.length ?? NULL), value ?? Buffer.alloc(0))
      end += LENGTHS_BYTES + keyBytes.length + (value?.length ?? 0)
    }
    ends.writeUInt32LE(end, index * END_BYTES)
  })
  return Buffer.concat(parts)
}

/** The headers of the record at an index; undefined when `bytes` is empty, so that nobody has any. */
export function unpackHeaders(
  bytes: Buffer,
  recordCount: number,
): ((index: number) => readonly RecordHeader[] | undefined) | undefined {
  if (bytes.length === 0) return undefined
  const start = recordCount * END_BYTES
  return (index) => {
    let at = start + (index === 0 ? 0 : bytes.readUInt32LE((index - 1) * END_BYTES))
    const end = start + bytes.readUInt32LE(index * END_BYTES)
    if (at === end) return undefined
    const headers: RecordHeader[] = []
    while (at < end) {
      const keyEnd = at + END_BYTES + bytes.readUInt32LE(at)
      const valueLength = bytes.readUInt32LE(keyEnd)
      const valueStart = keyEnd + END_BYTES
      const next = valueStart + (valueLength === NULL ? 0 : valueLength)
      headers.push({
        key: bytes.toString('utf8', at + END_BYTES, keyEnd),
        value: valueLength === NULL ? null : bytes.subarray(valueStart, next),
      })
      at = next
    }
    return headers
  }
}

function uint32(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(END_BYTES)
  bytes.writeUInt32LE(value)
  return bytes
}
