/** Stages rows in the database, so that they are durable before their checkpoint is, and on every machine. */
import { Buffer } from 'node:buffer'
import type { z } from 'zod'
import type { Committable, SinkWriter, WriterContext } from '../../../topology/contract/sink.ts'
import { type Batch, RowKind } from '../../../topology/element.ts'
import { SluiceError } from '../../../topology/errors.ts'
import { jsonSerializer } from '../../../topology/schema/index.ts'
import type { Database } from '../database.ts'

/** Chunks `first` to `end` − 1 of a writer in sluice_staged. */
export interface PostgresCommittable {
  readonly epoch: string
  readonly subtask: number
  readonly first: number
  readonly end: number
}

/** A chunk is staged with the batch that fills it. */
const CHUNK_ROWS = 1_000
const CHUNK_BYTES = 1 << 20
/** Chunks on their way to the database at a time. */
const MAX_UNDER_WAY = 4

export interface PostgresWriterOptions {
  readonly name: string
  readonly schema: z.ZodObject
  readonly database: Database
  readonly faultPoint: (name: string) => void
}

export class PostgresWriter implements SinkWriter {
  private readonly options: PostgresWriterOptions
  private readonly context: WriterContext
  private readonly serializer: ReturnType<typeof jsonSerializer>
  private rows: string[] = []
  private deletes: number[] = []
  private bytes = 0
  /** Number of the next chunk, and of the first one that belongs to the interval. */
  private seq = 0
  private first = 0
  /** Chunks are written one after the other; a failure fails those behind it. */
  private staged: Promise<void> = Promise.resolve()
  private underWay = 0

  constructor(options: PostgresWriterOptions, context: WriterContext) {
    this.options = options
    this.context = context
    this.serializer = jsonSerializer(options.schema)
  }

  write({ values, kinds }: Batch): void | Promise<void> {
    for (let i = 0; i < values.length; i++) {
      const row = this.encode(values[i])
      this.rows.push(row)
      this.bytes += row.length
      const kind = kinds?.[i] ?? RowKind.insert
      if (kind === RowKind.delete || kind === RowKind.updateBefore) this.deletes.push(this.rows.length)
    }
    // Not within a batch: an update's two rows in two chunks would delete the row before it is there again.
    if (this.rows.length >= CHUNK_ROWS || this.bytes >= CHUNK_BYTES) this.stage()
    if (this.underWay >= MAX_UNDER_WAY) return this.staged
  }

  async prepareCommit(): Promise<readonly Committable[]> {
    if (this.rows.length > 0) this.stage()
    const { first, seq: end } = this
    this.first = end
    await this.staged
    this.options.faultPoint('postgres.after-staged')
    if (first === end) return []
    const { epoch, subtask } = this.context
    return [{ epoch: String(epoch), subtask, first, end } satisfies PostgresCommittable]
  }

  async close(): Promise<void> {
    await this.options.database.close()
    await this.staged.catch(() => {})
  }

  private encode(row: unknown): string {
    const { name } = this.options
    const refuse = (reason: string, cause?: unknown) =>
      new SluiceError('POSTGRES_VALUE', `sink "${name}": a row can't be written: ${reason}`, {
        cause,
        fix: 'Mend the value before, or filter or quarantine such rows.',
        details: { sink: name },
      })
    let json: string
    try {
      json = Buffer.from(this.serializer.encode(row as never)).toString()
    } catch (error) {
      throw refuse((error as Error).message, error)
    }
    // Found out at the commit, it could not be mended any more.
    if (ESCAPED_NUL.test(json)) throw refuse('PostgreSQL has no text with the character U+0000')
    return json
  }

  private stage(): void {
    const { job, uid, epoch, subtask } = this.context
    const values = [job, uid, String(epoch), subtask, this.seq++, `[${this.rows}]`, this.deletes]
    this.rows = []
    this.deletes = []
    this.bytes = 0
    this.underWay++
    this.staged = this.staged.then(async () => {
      await this.options.database.run(`staging rows of sink '${uid}' of job '${job}'`, (session) =>
        // A chunk whose reply was lost may be there already.
        session.query('INSERT INTO sluice_staged VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING', values),
      )
      this.underWay--
    })
    this.staged.catch(() => {}) // awaited when it is full, and by the next barrier
  }
}

/** Not an escaped backslash before `u0000`. */
const ESCAPED_NUL = /(?<!\\)(?:\\\\)*\\u0000/
