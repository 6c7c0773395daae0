/** The threads that write Parquet, shared by all writers of a process. */
import { extname } from 'node:path'
import { Worker } from 'node:worker_threads'
import { SluiceError } from '../../../topology/errors.ts'
import type { Field } from '../../../topology/schema/types.ts'
import type { ColumnData } from './column-buffer.ts'
import type { DataFileMetrics } from './data-file-metrics.ts'
import type { ParquetReply, ParquetRequest } from './parquet-worker.ts'

interface Pending {
  resolve(metrics: DataFileMetrics): void
  reject(error: Error): void
}

interface Thread {
  readonly worker: Worker
  readonly pending: Map<number, Pending>
}

/** Starts its threads when first needed, or when warmed; an idle one does not keep the process alive. */
export class ParquetPool {
  private readonly size: number
  private threads: Thread[] = []
  private nextId = 0

  /** @param size threads, one core each. @default 1 */
  constructor(size = 1) {
    this.size = size
  }

  /** Starts a thread now, so that the first file need not wait for it. */
  warm(): void {
    if (this.threads.length === 0) this.start()
  }

  /** Encodes and writes one data file; its buffers are transferred and must not be used again. */
  write(
    location: string,
    fields: readonly Field[],
    columns: readonly ColumnData[],
    rowCount: number,
  ): Promise<DataFileMetrics> {
    const { worker, pending } = this.leastBusy()
    const request: ParquetRequest = { id: this.nextId++, location, fields, columns, rowCount }
    return new Promise((resolve, reject) => {
      pending.set(request.id, { resolve, reject })
      worker.ref()
      worker.postMessage(request, transferables(columns))
    })
  }

  async close(): Promise<void> {
    const threads = this.threads
    this.threads = []
    await Promise.all(threads.map(({ worker }) => worker.terminate()))
  }

  private leastBusy(): Thread {
    const idle = this.threads.find((thread) => thread.pending.size === 0)
    if (idle !== undefined) return idle
    if (this.threads.length < this.size) return this.start()
    return this.threads.reduce((least, thread) => (thread.pending.size < least.pending.size ? thread : least))
  }

  private start(): Thread {
    const worker = new Worker(new URL(`./parquet-worker${extname(import.meta.url)}`, import.meta.url))
    const thread: Thread = { worker, pending: new Map() }
    worker.unref()
    worker.on('message', (reply: ParquetReply) => {
      const waiting = thread.pending.get(reply.id)
      thread.pending.delete(reply.id)
      if (thread.pending.size === 0) worker.unref()
      if ('metrics' in reply) waiting?.resolve(reply.metrics)
      else waiting?.reject(new SluiceError(reply.error.code, reply.error.message, fixOf(reply.error.fix)))
    })
    worker.on('error', (cause) => this.fail(thread, cause))
    worker.on('exit', () => this.fail(thread, undefined))
    this.threads.push(thread)
    return thread
  }

  /** A dead thread takes its files with it; the next file gets a new one. */
  private fail(thread: Thread, cause: unknown): void {
    this.threads = this.threads.filter((other) => other !== thread)
    const error = new SluiceError('PARQUET_FAILED', `the Parquet worker stopped${cause ? `: ${String(cause)}` : ''}`, {
      cause,
      fix: 'Start the job again; what it had not committed is written anew.',
    })
    for (const waiting of thread.pending.values()) waiting.reject(error)
    thread.pending.clear()
  }
}

function fixOf(fix: string | undefined): { fix: string } {
  return { fix: fix ?? 'This is a fault of the writer or of parquet-wasm: report it with the message.' }
}

function transferables(columns: readonly ColumnData[]): ArrayBuffer[] {
  return columns.flatMap((column) => [
    ...[column.validity, column.values, column.offsets].flatMap((view) =>
      view === undefined || view.buffer.byteLength === 0 ? [] : [view.buffer as ArrayBuffer],
    ),
    ...transferables(column.children),
  ])
}
