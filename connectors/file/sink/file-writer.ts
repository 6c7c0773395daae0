/** Writes the rows of one subtask into files that wait for their checkpoint. */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Committable, SinkWriter, WriterContext } from '../../../topology/contract/sink.ts'
import type { Batch } from '../../../topology/element.ts'
import { type FileEncoder, PartFile, writeError } from './part-file.ts'
import { syncFolder } from './sync-folder.ts'

/** A file that waits, and the name it gets. */
export interface FileCommittable {
  /** In the staging folder. */
  readonly staged: string
  /** In the sink's folder. */
  readonly name: string
}

export interface FileWriterOptions {
  readonly staging: string
  readonly ending: string
  readonly rollBytes: number
  readonly newEncoder: () => FileEncoder
  readonly faultPoint: (name: string) => void
}

/** One of a subtask. Files are rolled by size and at every barrier, and named so that an attempt never meets another's. */
export class FileWriter implements SinkWriter {
  private readonly options: FileWriterOptions
  private readonly context: WriterContext
  private current: PartFile | undefined
  /** Of this interval, whole but for being made durable. */
  private closed: { readonly part: PartFile; readonly durable: Promise<void> }[] = []
  private files = 0

  constructor(options: FileWriterOptions, context: WriterContext) {
    this.options = options
    this.context = context
    try {
      mkdirSync(options.staging, { recursive: true })
    } catch (error) {
      throw writeError(error, options.staging)
    }
  }

  /** Resolves when the rows have been handed to the disk: so a slow one is felt by the source. */
  async write(batch: Batch): Promise<void> {
    this.current ??= this.begin()
    const { current } = this
    try {
      await current.write(batch.values)
    } catch (error) {
      throw writeError(error, current.path)
    }
    if (this.current === current && current.sizeBytes >= this.options.rollBytes) this.roll()
  }

  async prepareCommit(checkpointId: bigint): Promise<readonly Committable[]> {
    if (this.current !== undefined) this.roll()
    const { closed } = this
    this.closed = []
    if (closed.length === 0) return []
    await Promise.all(closed.map(({ durable }) => durable))
    await syncFolder(this.options.staging)
    this.options.faultPoint('file.after-staged')
    const { job, uid, subtask, epoch } = this.context
    return closed.map(
      ({ part }, number) =>
        ({
          staged: part.path.slice(this.options.staging.length + 1),
          name: `${outputPrefix(job, uid)}${subtask}-${epoch}-${checkpointId}-${number}.${part.ending}`,
        }) satisfies FileCommittable,
    )
  }

  /** What is not prepared stays behind in the staging folder, and goes when the next attempt fences. */
  async close(): Promise<void> {
    await this.current?.close()
    await Promise.allSettled(this.closed.map(({ durable }) => durable))
  }

  private begin(): PartFile {
    const { staging, ending, newEncoder } = this.options
    const { subtask, epoch } = this.context
    return new PartFile(join(staging, `${epoch}-${subtask}-${this.files++}.${ending}`), ending, newEncoder())
  }

  private roll(): void {
    const part = this.current!
    this.current = undefined
    const durable = part.finish()
    durable.catch(() => {}) // awaited by the next barrier
    this.closed.push({ part, durable })
  }
}

/** How the names of a sink's files begin; what follows is subtask, epoch, checkpoint and number. */
export function outputPrefix(job: string, uid: string): string {
  return `${job}-${uid.replaceAll(/[^A-Za-z0-9_]+/g, '_')}-`
}
