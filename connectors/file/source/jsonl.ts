/** JSONL: a line is a record as it stands. */
import type { RecordFormat } from './text-split.ts'

export const JSONL: RecordFormat = {
  quote: undefined,
  hasHeader: false,
  values(bytes, ranges) {
    const values: Uint8Array[] = []
    for (let i = 0; i < ranges.length; i += 2) values.push(bytes.subarray(ranges[i], ranges[i + 1]))
    return values
  },
}
