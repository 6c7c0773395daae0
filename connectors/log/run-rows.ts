/** Rows of stored batches, made when somebody asks. */
import type { SourceRecord } from '../../topology/contract/source.ts'
import type { LazyRows } from '../../topology/element.ts'
import type { Slices } from '../../topology/encoded-column.ts'
import type { RecordBatch } from './record-batch.ts'

/** Records [from, to) of a stored batch. */
export interface Run {
  readonly batch: RecordBatch
  readonly from: number
  readonly to: number
}

/** The records of the runs, in order; keys and values are views into the batches' own bytes. */
export function runRows(topic: string, partition: number, runs: readonly Run[]): LazyRows<SourceRecord> {
  const length = runs.reduce((sum, { from, to }) => sum + to - from, 0)
  return {
    length,
    slices: (name) => (name === 'value' ? valuesOf(runs, length) : undefined),
    make() {
      const rows: SourceRecord[] = []
      for (const { batch, from, to } of runs) batch.unpack(topic, partition, from, to, rows)
      return rows
    },
  }
}

/** In one piece of memory: that of the batch, or a copy where there are several. */
function valuesOf(runs: readonly Run[], length: number): Slices {
  const starts = new Int32Array(length)
  const ends = new Int32Array(length)
  const parts: Uint8Array[] = []
  let row = 0
  let partStart = 0
  for (const { batch, from, to } of runs) {
    const part = batch.data(from, to)
    batch.placeValues(from, to, partStart, starts.subarray(row), ends.subarray(row))
    parts.push(part)
    row += to - from
    partStart += part.length
  }
  return { bytes: parts.length === 1 ? parts[0]! : Buffer.concat(parts, partStart), starts, ends, first: 0 }
}
