/** Parquet: the rows of a file are kept until it is closed, then written as one row group. */
import type { Field } from '../../../topology/schema/types.ts'
import type { FileEncoder } from './part-file.ts'

const NOTHING = new Uint8Array(0)
/** Assumed for values whose size isn't looked at, bytes. */
const VALUE_BYTES = 8

/** @returns what makes an encoder for each file */
export function parquetEncoder(fields: readonly Field[]): () => FileEncoder {
  return () => {
    const kept: Record<string, unknown>[] = []
    let keptBytes = 0
    return {
      rows(rows) {
        for (const row of rows) {
          kept.push(row)
          for (const { name } of fields) keptBytes += sizeOf(row[name])
        }
        return NOTHING
      },
      get keptBytes() {
        return keptBytes
      },
      async finish() {
        const { encodeRows } = await import('./encode-rows.ts')
        keptBytes = 0
        return encodeRows(fields, kept)
      },
    }
  }
}

function sizeOf(value: unknown): number {
  return typeof value === 'string' || value instanceof Uint8Array ? value.length : VALUE_BYTES
}
