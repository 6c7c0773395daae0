/** Chunks of a checkpoint that wait in a file which nobody else sees, so that a restore holds one of them at a time. */
import { closeSync, mkdirSync, mkdtempSync, openSync, readSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import type { StateChunk } from '../../../topology/contract/stage.ts'
import type { WaitingChunks } from '../waiting-chunks.ts'
import { diskFailed } from './disk-failed.ts'

/** A chunk, and where its bytes are. */
interface Place {
  readonly chunk: Omit<StateChunk, 'bytes'>
  readonly start: number
  readonly sizeBytes: number
}

/** The file is made with the first chunk, and gone when the last one has been taken. */
export class ChunksOnDisk implements WaitingChunks {
  private readonly directory: string
  private readonly byState = new Map<string, Place[]>()
  private file: number | undefined
  private end = 0

  /** @param directory where the file is made; made when it is not there */
  constructor(directory: string) {
    this.directory = directory
  }

  /** @throws {SluiceError} `STATE_DISK_FAILED`, as when the disk is full */
  put(state: string, { bytes, ...chunk }: StateChunk): void {
    try {
      this.file ??= openUnlinked(this.directory)
      for (let written = 0; written < bytes.length; )
        written += writeSync(this.file, bytes, written, bytes.length - written, this.end + written)
    } catch (error) {
      throw diskFailed(this.directory, error)
    }
    const place = { chunk, start: this.end, sizeBytes: bytes.length }
    this.end += bytes.length
    const places = this.byState.get(state)
    if (places === undefined) this.byState.set(state, [place])
    else places.push(place)
  }

  *take(state: string): Generator<StateChunk> {
    const places = this.byState.get(state) ?? []
    for (const place of places) yield { ...place.chunk, bytes: this.read(place) }
    this.byState.delete(state)
    if (this.byState.size === 0) this.close()
  }

  states(): readonly string[] {
    return [...this.byState.keys()]
  }

  close(): void {
    if (this.file !== undefined) closeSync(this.file)
    this.file = undefined
    this.end = 0
    this.byState.clear()
  }

  private read({ start, sizeBytes }: Place): Uint8Array {
    const bytes = new Uint8Array(sizeBytes)
    try {
      for (let read = 0; read < sizeBytes; ) {
        const count = readSync(this.file!, bytes, read, sizeBytes - read, start + read)
        if (count === 0) throw new Error(`the file of restored state ends at ${start + read}`)
        read += count
      }
    } catch (error) {
      throw diskFailed(this.directory, error)
    }
    return bytes
  }
}

function openUnlinked(directory: string): number {
  mkdirSync(directory, { recursive: true })
  const own = mkdtempSync(join(directory, 'restore-'))
  const file = openSync(join(own, 'chunks'), 'w+')
  rmSync(own, { recursive: true })
  return file
}
