/** Rows to an HTTP address: kept in the outbox at the barrier, sent once their checkpoint is complete. */
import { Buffer } from 'node:buffer'
import type { z } from 'zod'
import type { FileIO } from '../../topology/contract/file-io.ts'
import type {
  CommitRequest,
  Committable,
  CommitterContext,
  FenceRequest,
  Sink,
  SinkCommitter,
  SinkWriter,
  WriterContext,
} from '../../topology/contract/sink.ts'
import { onCommit, onFence, type SinkIdentity, type SinkProgress } from '../../topology/contract/sink-progress.ts'
import type { Batch } from '../../topology/element.ts'
import { SluiceError } from '../../topology/errors.ts'
import { jsonSerializer } from '../../topology/schema/index.ts'
import { type DeliverOptions, deliver, originOf } from './deliver.ts'

/** A batch in the outbox. */
interface PostCommittable {
  readonly location: string
  readonly idempotencyKey: string
  readonly rows: number
}

export interface PostSinkOptions extends DeliverOptions {
  readonly schema: z.ZodObject
  readonly files: FileIO
  /** URI of the directory that batches wait in. */
  readonly outbox: string
  readonly faultPoint: (name: string) => void
}

export class PostSink implements Sink {
  private readonly options: PostSinkOptions

  constructor(options: PostSinkOptions) {
    this.options = options
  }

  async createWriter(context: WriterContext): Promise<SinkWriter> {
    return new OutboxWriter(this.options, context)
  }

  async createCommitter(context: CommitterContext): Promise<SinkCommitter> {
    return new PostCommitter(this.options, context)
  }

  async close(): Promise<void> {}
}

/** What a writer encodes into one batch at most, bytes: a receiver has its limits too. */
const MAX_BATCH_BYTES = 1 << 20

class OutboxWriter implements SinkWriter {
  private readonly options: PostSinkOptions
  private readonly context: WriterContext
  private readonly serializer: ReturnType<typeof jsonSerializer>
  private lines: Uint8Array[] = []
  private lineBytes = 0
  /** Of this interval, on their way to disk. */
  private batches: { readonly location: string; readonly rows: number; readonly durable: Promise<void> }[] = []
  private written = 0

  constructor(options: PostSinkOptions, context: WriterContext) {
    this.options = options
    this.context = context
    this.serializer = jsonSerializer(options.schema)
  }

  write(batch: Batch): void | Promise<void> {
    let full: Promise<void> | undefined
    for (const row of batch.values) {
      const line = this.serializer.encode(row as never)
      this.lines.push(line)
      this.lineBytes += line.length
      if (this.lines.length >= this.options.settings.batchRows || this.lineBytes >= MAX_BATCH_BYTES) full = this.flush()
    }
    return full
  }

  async prepareCommit(checkpointId: bigint): Promise<readonly Committable[]> {
    if (this.lines.length > 0) void this.flush()
    const { batches } = this
    this.batches = []
    await Promise.all(batches.map(({ durable }) => durable))
    this.options.faultPoint('http.after-outbox')
    const { job, uid, subtask, epoch } = this.context
    return batches.map(
      ({ location, rows }, seq) =>
        ({
          location,
          idempotencyKey: `${job}/${uid}/${epoch}/${checkpointId}/${subtask}/${seq}`,
          rows,
        }) satisfies PostCommittable,
    )
  }

  async close(): Promise<void> {
    await Promise.allSettled(this.batches.map(({ durable }) => durable))
  }

  private flush(): Promise<void> {
    const { files, outbox } = this.options
    const { job, uid, subtask, epoch } = this.context
    const location = `${folderOf(outbox, job, uid)}${epoch}-${subtask}-${this.written++}.ndjson`
    const rows = this.lines.length
    const body = Buffer.concat(this.lines.flatMap((line) => [line, NEWLINE]))
    this.lines = []
    this.lineBytes = 0
    const durable = files.write(location, body)
    durable.catch(() => {}) // awaited by the next barrier
    this.batches.push({ location, rows, durable })
    return durable
  }
}

const NEWLINE = new Uint8Array([10])

/**
 * A batch leaves the outbox once it was delivered, and `progress.json` says how far checkpoints have come: a crash in
 * between makes the same batch be sent again with the same key.
 */
class PostCommitter implements SinkCommitter {
  private readonly options: PostSinkOptions
  private readonly context: CommitterContext
  private readonly sink: SinkIdentity
  private readonly folder: string

  constructor(options: PostSinkOptions, context: CommitterContext) {
    this.options = options
    this.context = context
    const { job, uid } = context
    this.sink = { job, uid, target: originOf(options.settings), canRewind: false }
    this.folder = folderOf(options.outbox, job, uid)
  }

  async fence(request: FenceRequest): Promise<void> {
    const { epoch, restored } = request
    const progress = await this.progress()
    const { applies } = onFence(this.sink, progress, request)
    // Before it sends: an older attempt must not do so any more.
    await this.record(epoch, progress?.checkpointId ?? null)
    if (applies) await this.send(restored!)
    await this.record(epoch, restored === undefined ? null : String(restored.checkpointId))
    const { files } = this.options
    for await (const { location } of files.list(this.folder)) {
      if (location.endsWith('.ndjson') && !location.startsWith(`${this.folder}refused/`)) await files.delete(location)
    }
  }

  async commit(request: CommitRequest): Promise<void> {
    if (!onCommit(this.sink, await this.progress(), request)) return
    await this.send(request)
    this.options.faultPoint('http.after-send')
    await this.record(request.epoch, String(request.checkpointId))
  }

  async close(): Promise<void> {}

  private async send({ committables }: CommitRequest): Promise<void> {
    const { files } = this.options
    const sent = this.context.metrics.counter('http_batches_total', { outcome: 'delivered' })
    for (const each of committables) {
      const { location, idempotencyKey, rows } = each as unknown as PostCommittable
      const body = await this.bodyOf(location)
      // Gone from the outbox: it has been delivered.
      if (body === undefined) continue
      this.options.faultPoint('http.before-send')
      const outcome = await deliver({ body, idempotencyKey }, this.options)
      if (outcome.type === 'refused') await this.refused(body, idempotencyKey, rows, outcome.status)
      else sent.add(1)
      await files.delete(location)
    }
  }

  private async refused(body: Uint8Array, idempotencyKey: string, rows: number, status: number): Promise<void> {
    const { settings, files } = this.options
    const { job, uid, logger, metrics } = this.context
    const what = `job '${job}', sink '${uid}': ${originOf(settings)} refused a batch of ${rows} rows with ${status}`
    const details = { job, uid, status, rows, idempotencyKey }
    if (settings.onRefused === 'fail') {
      throw new SluiceError('DELIVERY_REFUSED', what, {
        fix: "See to the receiver, or set aside what it refuses with { onRefused: 'quarantine' }.",
        details,
      })
    }
    const location = `${this.folder}refused/${encodeURIComponent(idempotencyKey)}.ndjson`
    await files.write(location, body)
    metrics.counter('http_batches_total', { outcome: 'refused' }).add(1)
    logger.warn({ event: 'batch-refused', ...details, location }, `${what}; it is kept in ${location}`)
  }

  private async bodyOf(location: string): Promise<Uint8Array | undefined> {
    try {
      return await this.options.files.read(location)
    } catch (error) {
      if ((error as SluiceError).code === 'FILE_NOT_FOUND') return undefined
      throw error
    }
  }

  private async progress(): Promise<SinkProgress | undefined> {
    const bytes = await this.bodyOf(`${this.folder}progress.json`)
    return bytes === undefined ? undefined : (JSON.parse(new TextDecoder().decode(bytes)) as SinkProgress)
  }

  private async record(epoch: bigint, checkpointId: string | null): Promise<void> {
    const progress: SinkProgress = { epoch: String(epoch), checkpointId }
    await this.options.files.write(`${this.folder}progress.json`, Buffer.from(JSON.stringify(progress)))
  }
}

function folderOf(outbox: string, job: string, uid: string): string {
  return `${outbox}/${job}/${encodeURIComponent(uid)}/`
}
