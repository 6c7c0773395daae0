/** Reads lines of JSONL, and records of CSV. */
import type { SourceRecord } from '../../../topology/contract/source.ts'
import { SluiceError } from '../../../topology/errors.ts'
import { bytesOf, type FileBytes, fileError } from './bytes-of.ts'
import { type Cut, cutRecords } from './cut-records.ts'
import { endPosition, formatPosition } from './position.ts'
import type { SplitPlace, SplitReader } from './split-reader.ts'

const CHUNK_BYTES = 256 << 10
/** A record that is longer is none: the file is of another format, or a quote is missing. */
const MAX_RECORD_BYTES = 64 << 20
const BYTE_ORDER_MARK = [0xef, 0xbb, 0xbf]

/** Turns records as they stand in the file into the bytes of JSON objects. */
export interface RecordFormat {
  /** See `cutRecords`. */
  readonly quote: number | undefined
  /** The first record of the file says how the others are to be read. */
  readonly hasHeader: boolean
  /** @param firstRecord The number of the first in the split, for errors. */
  values(
    bytes: Uint8Array,
    ranges: readonly number[],
    header: Uint8Array | undefined,
    firstRecord: number,
  ): readonly Uint8Array[]
}

export async function openTextSplit(place: SplitPlace, format: RecordFormat): Promise<SplitReader> {
  const file = await bytesOf(place.path)
  const split = new TextSplit(place, format, file)
  try {
    await split.begin()
    return split
  } catch (error) {
    await file.close()
    throw error
  }
}

class TextSplit implements SplitReader {
  private readonly place: SplitPlace
  private readonly format: RecordFormat
  private readonly file: FileBytes
  private readonly sizeBytes: number
  private header: Uint8Array | undefined
  /** A window on the file: `chunk[at]` is the file's byte `byte`. */
  private chunk: Uint8Array = new Uint8Array(0)
  private at = 0
  private byte: number
  private record: number
  private isDone = false

  constructor(place: SplitPlace, format: RecordFormat, file: FileBytes) {
    this.place = place
    this.format = format
    this.file = file
    // Of what is in a compressed file nobody knew the size before.
    this.sizeBytes = place.path.endsWith('.gz') ? file.sizeBytes : Math.min(file.sizeBytes, place.sizeBytes)
    this.byte = place.from.byte
    this.record = place.from.record
  }

  get position(): string {
    return this.isDone ? endPosition(this.record) : formatPosition(this.record, this.byte)
  }

  get atEnd(): boolean {
    return this.isDone
  }

  /** Goes to the first record of the split, unless it begins at a position. */
  async begin(): Promise<void> {
    const { start, from } = this.place
    const beginning = await this.afterMark()
    if (this.format.hasHeader) {
      const headerEnd = await this.readHeader(beginning)
      this.moveTo(Math.max(from.byte, headerEnd))
    } else if (from.byte > 0) this.moveTo(from.byte)
    else if (start === 0) this.moveTo(beginning)
    else await this.skipLine(start - 1)
    await this.fill()
  }

  async read(maxRows: number): Promise<readonly SourceRecord[]> {
    while (!this.isDone) {
      const { ranges, next } = this.cut(maxRows)
      const records = ranges.length === 0 ? [] : this.recordsOf(ranges)
      this.byte += next - this.at
      this.at = next
      this.record += records.length
      if (!this.mayHoldRecord) await this.fill()
      if (records.length > 0) return records
    }
    return []
  }

  close(): Promise<void> {
    return this.file.close()
  }

  /** No more than begin in the split. */
  private cut(maxRows: number): Cut {
    const { quote } = this.format
    const cut = cutRecords(this.chunk, this.at, maxRows, this.chunkIsLast, quote)
    const { end } = this.place
    const offset = this.byte - this.at
    if (cut.next + offset <= end) return cut
    let kept = cut.ranges.length
    while (kept > 0 && cut.ranges[kept - 2]! + offset >= end) kept -= 2
    // What lies between the last record and the end of the split are empty lines.
    return { ranges: cut.ranges.slice(0, kept), next: cut.next }
  }

  private recordsOf(ranges: readonly number[]): readonly SourceRecord[] {
    const { name, index } = this.place
    const { modifiedMs } = this.file
    const values = this.format.values(this.chunk, ranges, this.header, this.record)
    return values.map((value, i) => ({
      topic: name,
      partition: index,
      offset: BigInt(this.record + i),
      timestampMs: modifiedMs,
      key: null,
      value,
    }))
  }

  private get mayHoldRecord(): boolean {
    return (
      cutRecords(this.chunk, this.at, 1, this.chunkIsLast, this.format.quote).ranges.length > 0 && !this.isBehindSplit
    )
  }

  private get isBehindSplit(): boolean {
    return this.byte >= this.place.end
  }

  private get chunkIsLast(): boolean {
    return this.byte - this.at + this.chunk.length >= this.sizeBytes
  }

  /** Until there is a whole record, or none is left. */
  private async fill(): Promise<void> {
    const { path } = this.place
    try {
      while (!this.isBehindSplit && !this.mayHoldRecord) {
        if (this.chunkIsLast) break
        const missing = this.chunk.length - this.at
        if (missing > MAX_RECORD_BYTES) throw this.tooLong()
        const length = Math.min(Math.max(CHUNK_BYTES, 2 * missing), this.sizeBytes - this.byte)
        this.chunk = await this.file.read(this.byte, length)
        this.at = 0
      }
    } catch (error) {
      throw error instanceof SluiceError ? error : fileError(error, path)
    }
    this.isDone = this.isBehindSplit || !this.mayHoldRecord
  }

  private moveTo(byte: number): void {
    if (byte > this.sizeBytes) throw this.changed(byte)
    this.byte = byte
    this.chunk = new Uint8Array(0)
    this.at = 0
  }

  private async afterMark(): Promise<number> {
    const first = await this.file.read(0, Math.min(3, this.sizeBytes))
    return BYTE_ORDER_MARK.every((byte, i) => first[i] === byte) ? 3 : 0
  }

  /** Where the first record behind it begins. */
  private async readHeader(from: number): Promise<number> {
    for (let length = CHUNK_BYTES; ; length *= 2) {
      const bytes = await this.file.read(from, length)
      const isLast = from + bytes.length >= this.sizeBytes
      const { ranges, next } = cutRecords(bytes, 0, 1, isLast, this.format.quote)
      if (ranges.length > 0) this.header = bytes.slice(ranges[0], ranges[1])
      if (ranges.length > 0 || isLast) return from + next
      if (length > MAX_RECORD_BYTES) throw this.tooLong()
    }
  }

  /** The line that `from` is in, or ends at, is the split's before this one. */
  private async skipLine(from: number): Promise<void> {
    for (let at = from; ; at += CHUNK_BYTES) {
      const bytes = await this.file.read(at, CHUNK_BYTES)
      const end = bytes.indexOf(10)
      if (end !== -1 || bytes.length < CHUNK_BYTES) return this.moveTo(end === -1 ? at + bytes.length : at + end + 1)
    }
  }

  private tooLong(): SluiceError {
    const { name } = this.place
    return new SluiceError(
      'FILE_INVALID',
      `${name}, record ${this.record + 1}: it is longer than ${MAX_RECORD_BYTES} bytes`,
      {
        fix: 'See that the file is of the format that files() names, and that its quotes are closed.',
        details: { file: name, record: this.record + 1, byte: this.byte },
      },
    )
  }

  private changed(byte: number): SluiceError {
    const { name } = this.place
    return new SluiceError('FILE_CHANGED', `${name} ends at byte ${this.sizeBytes}, and has been read up to ${byte}`, {
      fix: 'Bring back the file that was read: a file must not change once it is there. New records belong in a new file.',
      details: { file: name, byte, sizeBytes: this.sizeBytes },
    })
  }
}
