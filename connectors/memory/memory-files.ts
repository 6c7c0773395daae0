/** Files in memory, with the guarantees of a real store: for tests and simulations. */
import type { FileIO, FileStatus } from '../../topology/contract/file-io.ts'
import { SluiceError } from '../../topology/errors.ts'

export interface MemoryFiles extends FileIO {
  /** What there is, by location; tests may damage it. */
  readonly contents: Map<string, Uint8Array>
}

/** @example const files: FileIO = memoryFiles() */
export function memoryFiles(): MemoryFiles {
  const contents = new Map<string, Uint8Array>()
  return {
    contents,
    async read(location, range) {
      const bytes = contents.get(location)
      if (bytes === undefined) throw new SluiceError('FILE_NOT_FOUND', `there is no file ${location}`)
      return range === undefined ? bytes : bytes.subarray(range.start, range.end)
    },
    async write(location, bytes) {
      contents.set(location, bytes.slice())
    },
    async create(location, bytes) {
      if (contents.has(location)) return false
      contents.set(location, bytes.slice())
      return true
    },
    async *list(prefix): AsyncIterable<FileStatus> {
      for (const [location, bytes] of [...contents]) {
        if (location.startsWith(prefix)) yield { location, sizeBytes: bytes.length, modifiedMs: 0 }
      }
    },
    async delete(location) {
      contents.delete(location)
    },
    async close() {},
  }
}
