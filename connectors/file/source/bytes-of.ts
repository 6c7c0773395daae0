/** The bytes of a file by ranges; of a compressed one those that are in it. */
import { open } from 'node:fs/promises'
import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'
import { SluiceError } from '../../../topology/errors.ts'

export interface FileBytes {
  readonly sizeBytes: number
  /** When the file was last changed, milliseconds since the epoch. */
  readonly modifiedMs: number
  /** Fewer only at the end. */
  read(start: number, length: number): Promise<Uint8Array>
  close(): Promise<void>
}

const decompress = promisify(gunzip)

/** @throws {SluiceError} `FILE_NOT_FOUND`, `FILE_INVALID` when it is not what its name says, else `FILE_IO`. */
export async function bytesOf(path: string): Promise<FileBytes> {
  try {
    const file = await open(path, 'r')
    const { size, mtimeMs: modifiedMs } = await file.stat()
    if (path.endsWith('.gz')) {
      // As a whole: a position in a compressed file can only be found from its beginning.
      await using _closed = file
      const content = await decompress(await file.readFile())
      return {
        sizeBytes: content.length,
        modifiedMs,
        read: async (start, length) => content.subarray(start, start + length),
        close: async () => {},
      }
    }
    return {
      sizeBytes: size,
      modifiedMs,
      async read(start, length) {
        const bytes = new Uint8Array(Math.max(0, Math.min(length, size - start)))
        let filled = 0
        while (filled < bytes.length) {
          const { bytesRead } = await file.read(bytes, filled, bytes.length - filled, start + filled)
          if (bytesRead === 0) break
          filled += bytesRead
        }
        return bytes.subarray(0, filled)
      },
      close: () => file.close(),
    }
  } catch (error) {
    throw fileError(error, path)
  }
}

/** What went wrong while a file was read: `FILE_NOT_FOUND`, `FILE_INVALID` or `FILE_IO`, with the path. */
export function fileError(error: unknown, path: string): SluiceError {
  const { code, message } = error as NodeJS.ErrnoException
  if (code === 'ENOENT') {
    return new SluiceError('FILE_NOT_FOUND', `${path} is gone before it was read to its end`, {
      cause: error,
      fix: 'Put it back, or move files away only after a checkpoint has got past them.',
      details: { path },
    })
  }
  const isData = typeof code === 'string' && /^(Z_|ERR_BUFFER)/.test(code)
  return new SluiceError(isData ? 'FILE_INVALID' : 'FILE_IO', `reading ${path}: ${message}`, {
    cause: error,
    fix: isData ? 'Replace the file: it is damaged, or not compressed by gzip.' : 'See that the job may read the file.',
    details: { path },
  })
}
