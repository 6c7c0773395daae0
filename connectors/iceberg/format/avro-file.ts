/**
 * Avro object container files, whole and in memory: the form of manifests and manifest lists.
 *
 * Layout: magic `Obj\x01`; metadata map<bytes> with avro.schema and avro.codec; 16-byte sync marker; then blocks of
 * (count, size in bytes, records, sync marker). avsc encodes the records; its own container writer would rewrite the
 * schema in the header and so lose the field ids that Iceberg's readers resolve columns by.
 */
import { Buffer } from 'node:buffer'
import { randomBytes } from 'node:crypto'
import { deflateRawSync, inflateRawSync, zstdDecompressSync } from 'node:zlib'
import avro from 'avsc'
import { SluiceError } from '../../../topology/errors.ts'

/** An Avro schema as JSON, Iceberg's attributes (`field-id` …) included. */
export type AvroSchema = string | readonly AvroSchema[] | { readonly [key: string]: unknown }

export interface AvroFile {
  readonly schema: AvroSchema
  readonly metadata: Readonly<Record<string, string>>
  readonly records: readonly any[]
}

const MAGIC = Buffer.from('Obj\x01', 'latin1')
const SYNC_BYTES = 16
/** Records per block: enough for deflate to find repetitions. */
const BLOCK_RECORDS = 1000

const HEADER = avro.Type.forSchema({ type: 'map', values: 'bytes' })

/** 64-bit longs as bigint: as numbers avsc would refuse snapshot ids. */
const LONG = avro.types.LongType.__with({
  fromBuffer: (bytes: Buffer) => bytes.readBigInt64LE(),
  toBuffer: (value: bigint) => {
    const bytes = Buffer.alloc(8)
    bytes.writeBigInt64LE(value)
    return bytes
  },
  fromJSON: BigInt,
  toJSON: String,
  isValid: (value: unknown) => typeof value === 'bigint',
  compare: (a: bigint, b: bigint) => (a < b ? -1 : a > b ? 1 : 0),
})

/** Writes records of `schema`; `metadata` goes into the header beside the schema. Deflated. */
export function writeAvroFile(
  schema: AvroSchema,
  metadata: Readonly<Record<string, string>>,
  records: readonly unknown[],
): Uint8Array {
  const type = recordType(schema)
  const header = HEADER.toBuffer({
    ...bytesOf(metadata),
    'avro.schema': Buffer.from(JSON.stringify(schema)),
    'avro.codec': Buffer.from('deflate'),
  })
  const sync = randomBytes(SYNC_BYTES)
  const parts: Buffer[] = [MAGIC, header, sync]
  for (let start = 0; start < records.length; start += BLOCK_RECORDS) {
    const block = records.slice(start, start + BLOCK_RECORDS)
    const bytes = deflateRawSync(Buffer.concat(block.map((record) => type.toBuffer(record))))
    parts.push(LONG.toBuffer(BigInt(block.length)), LONG.toBuffer(BigInt(bytes.length)), bytes, sync)
  }
  return Buffer.concat(parts)
}

/** @throws {SluiceError} `AVRO_INVALID` for bytes that are no such file. */
export function readAvroFile(bytes: Uint8Array): AvroFile {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (!file.subarray(0, MAGIC.length).equals(MAGIC)) throw invalid('it does not begin with the magic bytes')
  const header = HEADER.decode(file, MAGIC.length) as { value?: Record<string, Buffer>; offset: number }
  if (header.value === undefined) throw invalid('its header is cut off')
  const metadata = Object.fromEntries(Object.entries(header.value).map(([key, value]) => [key, value.toString()]))
  const schema = JSON.parse(metadata['avro.schema'] ?? 'null') as AvroSchema
  const type = recordType(schema)
  const sync = file.subarray(header.offset, header.offset + SYNC_BYTES)
  const records: unknown[] = []
  let offset = header.offset + SYNC_BYTES
  const readLong = () => {
    const long = LONG.decode(file, offset) as { value?: bigint; offset: number }
    if (long.value === undefined) throw invalid('a block is cut off')
    offset = long.offset
    return Number(long.value)
  }
  while (offset < file.length) {
    const count = readLong()
    const end = readLong() + offset
    if (!file.subarray(end, end + SYNC_BYTES).equals(sync)) throw invalid('a block does not end with the sync marker')
    const block = decompress(metadata['avro.codec'] ?? 'null', file.subarray(offset, end))
    for (let position = 0, i = 0; i < count; i++) {
      const record = type.decode(block, position)
      if (record.offset < 0) throw invalid('a record is cut off')
      records.push(record.value)
      position = record.offset
    }
    offset = end + SYNC_BYTES
  }
  return { schema, metadata, records }
}

/** Compiled types by their schema: a commit writes and reads the same few over and over. */
const TYPES = new Map<string, avro.Type>()
const MAX_TYPES = 64

function recordType(schema: AvroSchema): avro.Type {
  const text = JSON.stringify(schema)
  let type = TYPES.get(text)
  if (type === undefined) {
    type = avro.Type.forSchema(schema as never, {
      typeHook: (part: unknown) => (isLong(part) ? LONG : undefined) as never,
      wrapUnions: 'never',
      omitRecordMethods: true,
      noAnonymousTypes: false,
    })
    if (TYPES.size === MAX_TYPES) TYPES.delete(TYPES.keys().next().value!)
    TYPES.set(text, type)
  }
  return type
}

/** Also where a logical type makes an object of it: avsc's registry would overlook those. */
function isLong(schema: unknown): boolean {
  return schema === 'long' || (schema as { readonly type?: unknown } | null)?.type === 'long'
}

function decompress(codec: string, bytes: Buffer): Buffer {
  switch (codec) {
    case 'null':
      return bytes
    case 'deflate':
      return inflateRawSync(bytes)
    case 'zstandard':
      return zstdDecompressSync(bytes)
    default:
      throw invalid(`its codec '${codec}' is unknown`)
  }
}

function bytesOf(metadata: Readonly<Record<string, string>>): Record<string, Buffer> {
  return Object.fromEntries(Object.entries(metadata).map(([key, value]) => [key, Buffer.from(value)]))
}

function invalid(reason: string): SluiceError {
  return new SluiceError('AVRO_INVALID', `not a readable Avro file: ${reason}`, {
    fix: 'The file is damaged or was written with an unsupported codec; restore it, or rewrite the manifest.',
  })
}
