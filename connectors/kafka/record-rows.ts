/** Rows of a record set, made when somebody asks. */
import type { SourceRecord } from '../../topology/contract/source.ts'
import type { LazyRows } from '../../topology/element.ts'
import type { RecordSet } from './driver/driver.ts'

/** The records [from, to); keys and values are views into the set's own bytes. */
export function recordRows(topic: string, set: RecordSet, from: number, to: number): LazyRows<SourceRecord> {
  return {
    length: to - from,
    slices(name) {
      const { bytes, valueStarts, valueEnds } = set
      return name === 'value' ? { bytes, starts: valueStarts, ends: valueEnds, first: from } : undefined
    },
    make() {
      const { partition, bytes, offsets, timestampsMs, keyStarts, keyEnds, valueStarts, valueEnds } = set
      const rows: SourceRecord[] = new Array(to - from)
      for (let index = from; index < to; index++) {
        const keyStart = keyStarts[index]!
        const valueStart = valueStarts[index]!
        rows[index - from] = {
          topic,
          partition,
          offset: BigInt(offsets[index]!),
          timestampMs: timestampsMs[index]!,
          key: keyStart < 0 ? null : bytes.subarray(keyStart, keyEnds[index]!),
          value: valueStart < 0 ? null : bytes.subarray(valueStart, valueEnds[index]!),
          headers: set.headers(index),
        }
      }
      return rows
    },
  }
}

/** Of the values of the records [from, to). */
export function valueBytesOf({ valueStarts, valueEnds }: RecordSet, from: number, to: number): number {
  let sizeBytes = 0
  for (let index = from; index < to; index++) {
    if (valueStarts[index]! >= 0) sizeBytes += valueEnds[index]! - valueStarts[index]!
  }
  return sizeBytes
}
