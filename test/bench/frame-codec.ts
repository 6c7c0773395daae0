/** Batches of ten fields as frames: what encoding and decoding cost a core, exchange and socket apart. */
import { decodeBatch } from '../../runtime/exchange/frame/decode-batch.ts'
import { encodeBatch } from '../../runtime/exchange/frame/encode-batch.ts'
import { Batch } from '../../topology/element.ts'
import { type Measurement, sideBySide } from './measure.ts'
import { tenFieldRows, touchRows } from './ten-fields.ts'

const BATCHES = 32
const ROWS = 2_000_000
const ROUNDS = 7

export async function benchFrameCodec(): Promise<Measurement[]> {
  return [...(await benchBatchesOf(1024)), ...(await benchBatchesOf(256))]
}

async function benchBatchesOf(batchRows: number): Promise<Measurement[]> {
  const batches = Array.from({ length: BATCHES }, (_, index) => {
    const timestampsMs = new Float64Array(batchRows).fill(1_790_000_000_000)
    return new Batch(tenFieldRows(index * batchRows, (index + 1) * batchRows), { timestampsMs })
  })
  const frames = batches.map(encodeBatch)
  const repeats = Math.round(ROWS / batchRows / BATCHES)
  let sum = 0
  const repeated = (run: (index: number) => number) => () => {
    for (let repeat = 0; repeat < repeats; repeat++) {
      for (let index = 0; index < BATCHES; index++) sum += run(index)
    }
  }
  const { encode, columns, rows } = await sideBySide(
    {
      encode: repeated((index) => encodeBatch(batches[index]!).length),
      columns: repeated((index) => decodeBatch(frames[index]!).column('weight').length),
      rows: repeated((index) => touchRows(decodeBatch(frames[index]!).values)),
    },
    ROUNDS,
  )
  if (Number.isNaN(sum)) throw new Error('a field was lost')
  const rate = (cpuMs: number) => (repeats * BATCHES * batchRows) / cpuMs / 1000
  const unit = 'M rows per CPU-second'
  const bytes = frames.reduce((total, frame) => total + frame.length, 0)
  return [
    { name: `encode, batches of ${batchRows}`, value: rate(encode.cpuMs), unit },
    { name: `decode to rows and read them, batches of ${batchRows}`, value: rate(rows.cpuMs), unit },
    { name: `decode to one column, batches of ${batchRows}`, value: rate(columns.cpuMs), unit },
    { name: `size of a row, batches of ${batchRows}`, value: bytes / BATCHES / batchRows, unit: 'bytes' },
  ]
}

if (import.meta.main) console.table(await benchFrameCodec())
