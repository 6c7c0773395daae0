/**
 * The keys of rows in a scratch store, and what becomes of a key that is longer than the store takes.
 *
 * ```text
 * row key    = u40 namespace id, big-endian        one for each life of a namespace: what was dropped is never met again
 *              u16 key group, big-endian
 *              key                                 as in topology/codec/key-bytes.ts, up to 512 bytes
 *            | 0x05, 32 bytes                      of a longer one its SHA-256; the key itself begins the value
 * ```
 */
import { hash } from 'node:crypto'
import { BufferWriter } from '../../../topology/codec/buffer-writer.ts'
import type { Key } from '../../../topology/element.ts'

/** Namespace id and key group. */
export const PREFIX_BYTES = 7
const KEY_MAX_BYTES = 512
/** No type of key has this tag (see key-bytes.ts). */
const DIGEST = 0x05

export class RowKeys {
  private readonly writer = new BufferWriter(PREFIX_BYTES + KEY_MAX_BYTES)
  /** Of the key encoded last, when it is too long to be one of the store: its bytes. */
  spilled: Uint8Array | undefined

  /** Valid until the next call. */
  encode(namespaceId: number, keyGroup: number, key: Key): Uint8Array {
    const { writer } = this
    this.spilled = undefined
    this.prefix(namespaceId, keyGroup)
    writer.key(key)
    if (writer.length <= PREFIX_BYTES + KEY_MAX_BYTES) return writer.written()
    this.spilled = new Uint8Array(writer.written().subarray(PREFIX_BYTES))
    this.prefix(namespaceId, keyGroup)
    writer.uint8(DIGEST)
    writer.append(hash('sha256', this.spilled, 'buffer'))
    return writer.written()
  }

  private prefix(namespaceId: number, keyGroup: number): void {
    const { writer } = this
    writer.clear()
    writer.uint8(namespaceId / 2 ** 32)
    writer.uint8(namespaceId >>> 24)
    writer.uint8(namespaceId >>> 16)
    writer.uint8(namespaceId >>> 8)
    writer.uint8(namespaceId)
    writer.uint8(keyGroup >>> 8)
    writer.uint8(keyGroup)
  }
}

/** Where the rows of a namespace's key group begin; those of the next group are behind them. */
export function groupStart(namespaceId: number, keyGroup: number): Buffer {
  const start = Buffer.alloc(PREFIX_BYTES)
  start.writeUIntBE(namespaceId, 0, 5)
  start.writeUInt16BE(keyGroup, 5)
  return start
}

/** Where the rows of a namespace begin. */
export function namespaceStart(namespaceId: number): Buffer {
  return groupStart(namespaceId, 0)
}

/** Whether the row's value begins with its key. */
export function isSpilled(rowKey: Uint8Array): boolean {
  return rowKey[PREFIX_BYTES] === DIGEST
}
