/** Codecs of record batches: gzip and zstd are Node's own, snappy and lz4 are optional packages. */
import { createRequire } from 'node:module'
import { gunzipSync, gzipSync, zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import { SluiceError } from '../../../../topology/errors.ts'
import type { Compression } from '../driver.ts'

export interface Codec {
  /** In a batch's attributes. */
  readonly id: number
  compress(bytes: Uint8Array): Uint8Array
  decompress(bytes: Buffer): Buffer
}

const require = createRequire(import.meta.url)

interface Snappy {
  compressSync(bytes: Uint8Array): Buffer
  uncompressSync(bytes: Uint8Array, options: { readonly asBuffer: true }): Buffer
}

interface Lz4 {
  compressFrameSync(bytes: Uint8Array): Buffer
  decompressFrameSync(bytes: Uint8Array): Buffer
}

/** What Java's SnappyOutputStream begins with: its mark and two versions; then blocks, each behind its length. */
const XERIAL_HEADER = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0, 0, 0, 0, 1, 0, 0, 0, 1])
const XERIAL_MARK = XERIAL_HEADER.subarray(0, 8)

export const CODECS: Readonly<Record<Exclude<Compression, 'none'>, Codec>> = {
  gzip: { id: 1, compress: (bytes) => gzipSync(bytes), decompress: (bytes) => gunzipSync(bytes) },
  snappy: { id: 2, compress: compressXerial, decompress: decompressSnappy },
  lz4: {
    id: 3,
    compress: (bytes) => load<Lz4>('lz4-napi', 'lz4').compressFrameSync(bytes),
    decompress: (bytes) => load<Lz4>('lz4-napi', 'lz4').decompressFrameSync(bytes),
  },
  zstd: { id: 4, compress: (bytes) => zstdCompressSync(bytes), decompress: (bytes) => zstdDecompressSync(bytes) },
}

/** Undefined for an id that has no codec. */
export function codecOf(id: number): Codec | undefined {
  return Object.values(CODECS).find((codec) => codec.id === id)
}

function compressXerial(bytes: Uint8Array): Uint8Array {
  const block = load<Snappy>('snappy', 'snappy').compressSync(bytes)
  const length = Buffer.allocUnsafe(4)
  length.writeInt32BE(block.length)
  return Buffer.concat([XERIAL_HEADER, length, block])
}

/** Java's clients write blocks in a frame of their own, others one block alone. */
function decompressSnappy(bytes: Buffer): Buffer {
  const { uncompressSync } = load<Snappy>('snappy', 'snappy')
  if (!bytes.subarray(0, XERIAL_MARK.length).equals(XERIAL_MARK)) return uncompressSync(bytes, { asBuffer: true })
  const blocks: Buffer[] = []
  for (let at = XERIAL_HEADER.length; at < bytes.length; ) {
    const end = at + 4 + bytes.readInt32BE(at)
    blocks.push(uncompressSync(bytes.subarray(at + 4, end), { asBuffer: true }))
    at = end
  }
  return blocks.length === 1 ? blocks[0]! : Buffer.concat(blocks)
}

/** @throws {SluiceError} `CLIENT_MISSING` */
function load<T>(packageName: string, codec: string): T {
  try {
    return require(packageName) as T
  } catch (error) {
    throw new SluiceError(
      'CLIENT_MISSING',
      `records compressed with ${codec} need ${packageName}, which can't be loaded`,
      {
        cause: error,
        fix: `Install beside sluice: npm install ${packageName}`,
        details: { missing: [packageName] },
      },
    )
  }
}
