/** Files on a local disk under `file:///…` URIs. */
import { randomUUID } from 'node:crypto'
import type { Dirent } from 'node:fs'
import { link, mkdir, open, readdir, rename, stat, unlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { FileIO, FileStatus } from '../../../topology/contract/file-io.ts'
import { SluiceError } from '../../../topology/errors.ts'

const SCHEME = 'file://'
/** Marks a file that is still being written; what a crash leaves of it is listed by nobody. */
const TEMPORARY = '.inprogress-'

/**
 * The path behind a location. Taken literally, without decoding `%`: PyIceberg, DuckDB and Java's Hadoop file system
 * do the same, and a partition directory may hold a `%3A` of its own.
 *
 * @throws {SluiceError} `LOCATION_INVALID` for another scheme.
 */
export function pathOfLocation(location: string): string {
  if (location.startsWith(`${SCHEME}/`)) return location.slice(SCHEME.length)
  throw new SluiceError('LOCATION_INVALID', `'${location}' is not a file:/// location`, {
    fix: 'Give a full URI such as file:///srv/warehouse.',
    details: { location },
  })
}

export function locationOfPath(absolutePath: string): string {
  return `${SCHEME}${absolutePath}`
}

/**
 * Local files. Bytes are written beside their place, forced to disk and then put there in one step, so that nobody sees
 * half a file; directories are forced to disk too, so that a name survives a power loss.
 *
 * Errors of the file system become SluiceErrors: `FILE_NOT_FOUND`, `DISK_FULL`, `FILE_ACCESS_DENIED`, else `FILE_IO`.
 */
export class LocalFileIO implements FileIO {
  async read(location: string, range?: { readonly start: number; readonly end: number }): Promise<Uint8Array> {
    return guarded('read', location, async (path) => {
      await using file = await open(path, 'r')
      const start = range?.start ?? 0
      const end = range?.end ?? (await file.stat()).size
      const bytes = new Uint8Array(Math.max(0, end - start))
      let filled = 0
      while (filled < bytes.length) {
        const { bytesRead } = await file.read(bytes, filled, bytes.length - filled, start + filled)
        if (bytesRead === 0) break
        filled += bytesRead
      }
      return bytes.subarray(0, filled)
    })
  }

  async write(location: string, bytes: Uint8Array): Promise<void> {
    await guarded('write', location, (path) =>
      throughTemporary(path, bytes, async (temporary) => rename(temporary, path)),
    )
  }

  async create(location: string, bytes: Uint8Array): Promise<boolean> {
    return guarded('create', location, (path) =>
      throughTemporary(path, bytes, async (temporary) => {
        try {
          await link(temporary, path)
          return true
        } catch (error) {
          if (errorCode(error) === 'EEXIST') return false
          throw error
        } finally {
          await unlink(temporary)
        }
      }),
    )
  }

  async *list(prefix: string): AsyncIterable<FileStatus> {
    const path = pathOfLocation(prefix)
    yield* listUnder(path.endsWith('/') ? path.slice(0, -1) : dirname(path), path)
  }

  async delete(location: string): Promise<void> {
    await guarded('delete', location, async (path) => {
      try {
        await unlink(path)
      } catch (error) {
        if (errorCode(error) !== 'ENOENT') throw error
      }
    })
  }

  async close(): Promise<void> {}
}

async function throughTemporary<R>(
  path: string,
  bytes: Uint8Array,
  place: (temporary: string) => Promise<R>,
): Promise<R> {
  const directory = dirname(path)
  await makeDirectory(directory)
  const temporary = join(directory, `${TEMPORARY}${randomUUID()}`)
  try {
    await using file = await open(temporary, 'wx')
    await file.writeFile(bytes)
    await file.sync()
  } catch (error) {
    await unlink(temporary).catch(() => {})
    throw error
  }
  const result = await place(temporary)
  await syncDirectory(directory)
  return result
}

/** A directory made here, with every parent that was made for it, is on disk before a file in it is promised. */
async function makeDirectory(directory: string): Promise<void> {
  const first = await mkdir(directory, { recursive: true })
  if (first === undefined) return
  for (let made = directory; made.length >= first.length; made = dirname(made)) await syncDirectory(dirname(made))
}

async function syncDirectory(directory: string): Promise<void> {
  await using handle = await open(directory, 'r')
  await handle.sync()
}

async function* listUnder(directory: string, prefix: string): AsyncIterable<FileStatus> {
  for (const entry of await entriesOf(directory)) {
    const path = join(directory, entry.name)
    if (entry.isDirectory()) {
      if (path.startsWith(prefix) || `${prefix}/`.startsWith(`${path}/`)) yield* listUnder(path, prefix)
    } else if (path.startsWith(prefix) && !entry.name.startsWith(TEMPORARY)) {
      const status = await stat(path).catch(ignoreMissing)
      if (status !== undefined) {
        yield { location: locationOfPath(path), sizeBytes: status.size, modifiedMs: status.mtimeMs }
      }
    }
  }
}

async function entriesOf(directory: string): Promise<Dirent[]> {
  return (await readdir(directory, { withFileTypes: true }).catch(ignoreMissing)) ?? []
}

/** What was deleted while it was being listed is simply not there. */
function ignoreMissing(error: unknown): undefined {
  if (errorCode(error) === 'ENOENT') return undefined
  throw error
}

async function guarded<R>(verb: string, location: string, act: (path: string) => Promise<R>): Promise<R> {
  const path = pathOfLocation(location)
  try {
    return await act(path)
  } catch (cause) {
    throw fileError(verb, location, cause)
  }
}

const FILE_ERRORS: Readonly<Record<string, { readonly code: string; readonly reason: string; readonly fix: string }>> =
  {
    ENOENT: {
      code: 'FILE_NOT_FOUND',
      reason: 'there is no such file',
      fix: 'Check the location; it may have been deleted.',
    },
    ENOSPC: {
      code: 'DISK_FULL',
      reason: 'the disk is full',
      fix: 'Free space on that disk and start again; nothing is lost.',
    },
    EDQUOT: {
      code: 'DISK_FULL',
      reason: 'the disk quota is used up',
      fix: 'Free space or raise the quota and start again.',
    },
    EACCES: { code: 'FILE_ACCESS_DENIED', reason: 'access is denied', fix: 'Check the owner and the permissions.' },
    EROFS: {
      code: 'FILE_ACCESS_DENIED',
      reason: 'the file system is read-only',
      fix: 'Use a directory that can be written.',
    },
  }

function fileError(verb: string, location: string, cause: unknown): SluiceError {
  const known = FILE_ERRORS[errorCode(cause) ?? '']
  const reason = known?.reason ?? (cause instanceof Error ? cause.message : String(cause))
  return new SluiceError(known?.code ?? 'FILE_IO', `cannot ${verb} ${location}: ${reason}`, {
    cause,
    fix: known?.fix ?? 'Look at the cause; the disk may be failing.',
    details: { location },
  })
}

function errorCode(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException | undefined)?.code
}
