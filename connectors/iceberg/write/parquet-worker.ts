/** The Parquet worker: a thread that turns column buffers into durable data files, away from the task's loop. */
import { parentPort } from 'node:worker_threads'
import type { Field } from '../../../topology/schema/types.ts'
import { LocalFileIO } from '../io/local-file-io.ts'
import type { ColumnData } from './column-buffer.ts'
import { type DataFileMetrics, dataFileMetrics } from './data-file-metrics.ts'
import { encodeParquet } from './encode-parquet.ts'

export interface ParquetRequest {
  readonly id: number
  readonly location: string
  readonly fields: readonly Field[]
  readonly columns: readonly ColumnData[]
  readonly rowCount: number
}

export type ParquetReply =
  | { readonly id: number; readonly metrics: DataFileMetrics }
  | { readonly id: number; readonly error: { readonly code: string; readonly message: string; readonly fix?: string } }

const port = parentPort!
const fileIO = new LocalFileIO()

port.on('message', async (request: ParquetRequest) => {
  let reply: ParquetReply
  try {
    reply = { id: request.id, metrics: await writeFile(request) }
  } catch (error) {
    const { code, message, fix } = error as { code?: string; message?: string; fix?: string }
    reply = {
      id: request.id,
      error: {
        code: code ?? 'PARQUET_FAILED',
        message: message ?? String(error),
        ...(fix === undefined ? {} : { fix }),
      },
    }
  }
  port.postMessage(reply)
})

async function writeFile({ fields, columns, rowCount, location }: ParquetRequest): Promise<DataFileMetrics> {
  const bytes = encodeParquet(fields, columns, rowCount)
  const metrics = dataFileMetrics(bytes, fields, columns)
  if (metrics.recordCount !== BigInt(rowCount)) {
    throw new Error(`the Parquet file holds ${metrics.recordCount} rows of ${rowCount}`)
  }
  await fileIO.write(location, bytes)
  return metrics
}
