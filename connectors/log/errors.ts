/** SQLite's result codes as errors of the log, with what can be done about them. */
import { isSluiceError, SluiceError } from '../../topology/errors.ts'

const SQLITE_BUSY = 5
const SQLITE_LOCKED = 6
const SQLITE_READONLY = 8
const SQLITE_IOERR = 10
const SQLITE_CORRUPT = 11
const SQLITE_FULL = 13
const SQLITE_CANTOPEN = 14
const SQLITE_TOOBIG = 18
const SQLITE_NOTADB = 26

interface Explanation {
  readonly code: string
  readonly what: string
  readonly fix: string
}

const EXPLANATIONS: Readonly<Record<number, Explanation>> = {
  [SQLITE_BUSY]: {
    code: 'LOG_BUSY',
    what: 'another process has held its write lock for too long',
    fix: 'Find the process that keeps a transaction open on this file, or try again.',
  },
  [SQLITE_READONLY]: {
    code: 'LOG_UNAVAILABLE',
    what: 'it cannot be written',
    fix: 'Give this user write permission on the file and on its directory.',
  },
  [SQLITE_IOERR]: {
    code: 'LOG_UNAVAILABLE',
    what: 'the disk failed',
    fix: 'Check the disk and the system log; nothing that was acknowledged with acks all has been taken back.',
  },
  [SQLITE_CORRUPT]: {
    code: 'LOG_CORRUPT',
    what: 'the file is damaged',
    fix: 'Restore the file from a backup, or read what is left with the `sqlite3` tool and its `.recover`.',
  },
  [SQLITE_FULL]: {
    code: 'DISK_FULL',
    what: 'there is no room left for it',
    fix: 'Free space on the disk, or give topics a shorter retention; the append was taken back whole and can be repeated.',
  },
  [SQLITE_CANTOPEN]: {
    code: 'LOG_UNAVAILABLE',
    what: 'it cannot be opened',
    fix: 'Check that the path names a file in a directory this user may write to.',
  },
  [SQLITE_TOOBIG]: {
    code: 'RECORD_TOO_LARGE',
    what: 'a record is larger than SQLite takes',
    fix: 'Keep large objects elsewhere and publish a reference.',
  },
  [SQLITE_NOTADB]: {
    code: 'LOG_CORRUPT',
    what: 'it is no log: the file is not an SQLite database',
    fix: 'Point the data directory elsewhere, or move the file away.',
  },
}

/** SQLite's primary result code, or undefined when the error is not SQLite's. */
function resultCode(error: unknown): number | undefined {
  const extended = (error as { errcode?: unknown } | null)?.errcode
  if (typeof extended !== 'number') return undefined
  const code = extended & 0xff
  return code === SQLITE_LOCKED ? SQLITE_BUSY : code
}

/** Whether waiting helps. */
export function isBusy(error: unknown): boolean {
  return resultCode(error) === SQLITE_BUSY
}

/** `error` as a SluiceError that names the file and what was being done; one that already is ours stays as it is. */
export function toLogError(error: unknown, path: string, doing: string): Error {
  if (isSluiceError(error)) return error
  const code = resultCode(error)
  const explanation = code === undefined ? undefined : EXPLANATIONS[code]
  if (explanation === undefined) {
    if (code === undefined) return error instanceof Error ? error : new Error(String(error))
    return new SluiceError('LOG_UNAVAILABLE', `log ${path}: ${doing}: ${(error as Error).message}`, {
      cause: error,
      details: { path, sqliteCode: code },
    })
  }
  return new SluiceError(explanation.code, `log ${path}: ${doing}: ${explanation.what}`, {
    cause: error,
    fix: explanation.fix,
    details: { path, sqliteCode: code },
  })
}
