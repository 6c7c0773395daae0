/** Reads the rows of a Parquet file, a row group at a time, as JSON objects in the schema's wire form. */
import { brotliDecompressSync, gunzipSync, zstdDecompressSync } from 'node:zlib'
import { type FileMetaData, type ParquetParsers, parquetMetadataAsync, parquetReadObjects } from 'hyparquet'
import type { SourceRecord } from '../../../topology/contract/source.ts'
import type { EndpointReference } from '../../../topology/endpoint.ts'
import { SluiceError } from '../../../topology/errors.ts'
import { jsonSerializer } from '../../../topology/schema/index.ts'
import { bytesOf, type FileBytes, fileError } from './bytes-of.ts'
import { parquetRow } from './parquet-row.ts'
import { endPosition, formatPosition } from './position.ts'
import type { SplitPlace, SplitReader } from './split-reader.ts'

/** What the library would turn into Dates, which hold milliseconds only, stays as exact as it is in the file. */
const EXACT: ParquetParsers = {
  timestampFromMilliseconds: (millis: bigint) => millis * 1_000n,
  timestampFromMicroseconds: (micros: bigint) => micros,
  timestampFromNanoseconds: (nanos: bigint) => nanos / 1_000n,
  dateFromDays: (days: number) => days,
} as unknown as ParquetParsers

const COMPRESSORS = {
  GZIP: (bytes: Uint8Array) => gunzipSync(bytes),
  ZSTD: (bytes: Uint8Array) => zstdDecompressSync(bytes),
  BROTLI: (bytes: Uint8Array) => brotliDecompressSync(bytes),
}

/** @throws {SluiceError} as `bytesOf`; `FILE_INVALID` when it is no Parquet */
export async function openParquetSplit(place: SplitPlace, endpoint: EndpointReference): Promise<SplitReader> {
  const bytes = await bytesOf(place.path)
  try {
    const metadata = withExactDecimals(await parquetMetadataAsync(asyncBuffer(bytes)))
    return new ParquetSplit(place, endpoint, bytes, metadata)
  } catch (error) {
    await bytes.close()
    throw invalid(error, place)
  }
}

class ParquetSplit implements SplitReader {
  private readonly place: SplitPlace
  private readonly endpoint: EndpointReference
  private readonly bytes: FileBytes
  private readonly metadata: FileMetaData
  private readonly rowCount: number
  private readonly encode: (row: any) => Uint8Array
  private row: number
  /** The row group that `row` is in, from there on. */
  private rest: readonly Uint8Array[] = []

  constructor(place: SplitPlace, endpoint: EndpointReference, bytes: FileBytes, metadata: FileMetaData) {
    this.place = place
    this.endpoint = endpoint
    this.bytes = bytes
    this.metadata = metadata
    this.rowCount = Number(metadata.num_rows)
    const serializer = jsonSerializer(endpoint.schema)
    const toRow = parquetRow(endpoint.fields, metadata.schema)
    this.encode = (read) => serializer.encode(toRow(read) as never)
    this.row = place.from.record
  }

  get position(): string {
    return this.atEnd ? endPosition(this.row) : formatPosition(this.row, undefined)
  }

  get atEnd(): boolean {
    return this.row >= this.rowCount
  }

  async read(maxRows: number): Promise<readonly SourceRecord[]> {
    if (this.atEnd) return []
    if (this.rest.length === 0) this.rest = await this.readGroup()
    const { name, index } = this.place
    const { modifiedMs } = this.bytes
    const taken = this.rest.slice(0, maxRows)
    this.rest = this.rest.slice(maxRows)
    const first = this.row
    this.row += taken.length
    return taken.map((value, i) => ({
      topic: name,
      partition: index,
      offset: BigInt(first + i),
      timestampMs: modifiedMs,
      key: null,
      value,
    }))
  }

  close(): Promise<void> {
    return this.bytes.close()
  }

  private async readGroup(): Promise<readonly Uint8Array[]> {
    let end = 0
    for (const group of this.metadata.row_groups) {
      end += Number(group.num_rows)
      if (end > this.row) break
    }
    const there = new Set(this.metadata.schema.map(({ name }) => name))
    try {
      const rows = await parquetReadObjects({
        file: asyncBuffer(this.bytes),
        metadata: this.metadata,
        rowStart: this.row,
        rowEnd: end,
        columns: this.endpoint.fields.map(({ name }) => name).filter((name) => there.has(name)),
        parsers: EXACT,
        compressors: COMPRESSORS,
        utf8: false,
      })
      return rows.map(this.encode)
    } catch (error) {
      throw invalid(error, this.place)
    }
  }
}

function asyncBuffer(bytes: FileBytes) {
  return {
    byteLength: bytes.sizeBytes,
    async slice(start: number, end = bytes.sizeBytes): Promise<ArrayBuffer> {
      const from = start < 0 ? bytes.sizeBytes + start : start
      const read = await bytes.read(from, end - from)
      return read.slice().buffer as ArrayBuffer
    },
  }
}

/** The library gives a decimal as a double: without its annotation it gives the digits. */
function withExactDecimals(metadata: FileMetaData): FileMetaData {
  const schema = metadata.schema.map((element) => {
    if (element.converted_type !== 'DECIMAL') return element
    const { converted_type: _, logical_type: __, ...digits } = element
    return digits
  })
  return { ...metadata, schema }
}

function invalid(error: unknown, { name, path }: SplitPlace): SluiceError {
  if (error instanceof SluiceError) return error
  if ((error as NodeJS.ErrnoException).code !== undefined) return fileError(error, path)
  return new SluiceError('FILE_INVALID', `${name}: ${(error as Error).message}`, {
    cause: error,
    fix: 'See that it is a whole Parquet file whose columns are of the types that the schema has.',
    details: { file: name },
  })
}
