/** The error of state that its disk does not take, or does not give back. */
import { SluiceError } from '../../../topology/errors.ts'

const SQLITE_FULL = 13

/** What SQLite or the file system said, and what to do about it. */
export function diskFailed(directory: string, cause: unknown): SluiceError {
  const { message, errcode, code } = cause as Error & { readonly errcode?: number; readonly code?: string }
  return new SluiceError('STATE_DISK_FAILED', `state in ${directory} can't be written: ${message}`, {
    cause,
    fix:
      errcode === SQLITE_FULL || code === 'ENOSPC'
        ? 'Make room on that disk, or set STATE_DIR to a directory on a larger one; the job goes on from its last checkpoint.'
        : 'Set STATE_DIR to a directory on a local disk that this process may write to.',
    details: { directory },
  })
}
