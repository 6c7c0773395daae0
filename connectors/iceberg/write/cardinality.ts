/** Whether a column repeats few values: where a dictionary makes a Parquet file smaller and faster to write. */
import { Buffer } from 'node:buffer'
import type { DataType } from '../../../topology/schema/types.ts'
import type { ColumnData } from './column-buffer.ts'

const SAMPLE_ROWS = 512

/** Judged by a sample spread over all rows: at most half of it may be distinct. */
export function hasFewValues(type: DataType, column: ColumnData): boolean {
  const valueAt = sampler(type, column)
  if (valueAt === undefined || column.length === 0) return false
  const samples = Math.min(SAMPLE_ROWS, column.length)
  const distinct = new Set<unknown>()
  for (let i = 0; i < samples; i++) distinct.add(valueAt(Math.floor((i * column.length) / samples)))
  return distinct.size * 2 <= samples
}

function sampler(type: DataType, column: ColumnData): ((row: number) => unknown) | undefined {
  switch (type.kind) {
    case 'string': {
      const bytes = column.values as Uint8Array
      const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
      return (row) => text.toString('latin1', column.offsets![row], column.offsets![row + 1])
    }
    case 'int':
    case 'date':
    case 'long':
    case 'time':
    case 'timestamp':
    case 'timestamptz': {
      const values = column.values as Int32Array | BigInt64Array
      return (row) => values[row]
    }
    case 'decimal': {
      const values = column.values as BigInt64Array
      return (row) => values[row * 2]
    }
    default:
      return undefined
  }
}
