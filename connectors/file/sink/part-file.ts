/** One file that a writer makes: where it waits, how large it is, and how it is made durable. */
import { type FileHandle, open } from 'node:fs/promises'
import { SluiceError } from '../../../topology/errors.ts'

/** Turns rows into the bytes of a file. */
export interface FileEncoder<T = any> {
  /** What goes to disk now; formats that need all rows of a file keep them. */
  rows(rows: readonly T[]): Uint8Array
  /** About how much is kept, bytes. */
  readonly keptBytes: number
  /** What is missing at the end. */
  finish(): Promise<Uint8Array>
}

/** It is whole and durable once it has been closed: nobody sees it before that under its name. */
export class PartFile<T = any> {
  readonly path: string
  readonly ending: string
  rowCount = 0
  private readonly encoder: FileEncoder<T>
  private readonly file: Promise<FileHandle>
  private writtenBytes = 0
  private written: Promise<unknown>

  constructor(path: string, ending: string, encoder: FileEncoder<T>) {
    this.path = path
    this.ending = ending
    this.encoder = encoder
    this.file = open(path, 'w')
    this.written = this.file
    this.written.catch(() => {})
  }

  get sizeBytes(): number {
    return this.writtenBytes + this.encoder.keptBytes
  }

  /** Resolves when the rows are in the file, not yet forced to disk. */
  write(rows: readonly T[]): Promise<unknown> {
    this.rowCount += rows.length
    return this.append(this.encoder.rows(rows))
  }

  /** Resolves when the whole file is on disk. */
  async finish(): Promise<void> {
    try {
      const rest = await this.encoder.finish()
      await this.append(rest)
      await (await this.file).sync()
    } catch (error) {
      throw writeError(error, this.path)
    } finally {
      await this.close()
    }
  }

  async close(): Promise<void> {
    await this.written.catch(() => {})
    await this.file.then((file) => file.close()).catch(() => {})
  }

  private append(bytes: Uint8Array): Promise<unknown> {
    if (bytes.length === 0) return this.written
    this.writtenBytes += bytes.length
    this.written = this.written.then(async () => (await this.file).appendFile(bytes))
    // Whoever awaits it sees the failure; until then it must not end the process.
    this.written.catch(() => {})
    return this.written
  }
}

/** What went wrong while a file was written: `DISK_FULL` or `FILE_IO`, with the path; an error of our own as it is. */
export function writeError(error: unknown, path: string): SluiceError {
  if (error instanceof SluiceError) return error
  const { code, message } = error as NodeJS.ErrnoException
  const isFull = code === 'ENOSPC' || code === 'EDQUOT'
  return new SluiceError(isFull ? 'DISK_FULL' : 'FILE_IO', `writing ${path}: ${message}`, {
    cause: error,
    fix: isFull ? 'Make room on the disk; the job goes on by itself.' : 'See that the job may write there.',
    details: { path },
  })
}
