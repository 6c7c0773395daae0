/** Headers of one record, decoded when asked for. `[key:varint|string value:varint|bytes]` behind a varint count. */
import type { RecordHeader } from '../../../../topology/contract/topic.ts'
import { readVarint, varintEnd } from './varint.ts'

/** @param at where the count is */
export function readHeaders(bytes: Buffer, at: number): readonly RecordHeader[] | undefined {
  const count = readVarint(bytes, at)
  if (count <= 0) return undefined
  const headers: RecordHeader[] = []
  let next = varintEnd()
  for (let i = 0; i < count; i++) {
    const keyBytes = readVarint(bytes, next)
    const keyStart = varintEnd()
    const key = bytes.toString('utf8', keyStart, keyStart + keyBytes)
    const valueBytes = readVarint(bytes, keyStart + keyBytes)
    const valueStart = varintEnd()
    next = valueStart + Math.max(0, valueBytes)
    headers.push({ key, value: valueBytes < 0 ? null : bytes.subarray(valueStart, next) })
  }
  return headers
}
