/** Keeps two processes from running the same thing on the same data directory by mistake. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { SluiceError } from '../../topology/errors.ts'

/** Keeps a job from running twice: see lockDirectory. */
export function lockJob(directory: string, job: string): Disposable {
  return lockDirectory(directory, `job ${job}`, { job })
}

/**
 * Takes the lock until disposed, or until the process ends in whatever way: it is a file lock of SQLite, which the
 * operating system gives back.
 *
 * This is a courtesy, not what correctness rests on: epochs fence an older attempt wherever it runs.
 *
 * @param holder as in "job orders"
 * @throws {SluiceError} `DATA_IN_USE` naming the process that holds it.
 */
export function lockDirectory(
  directory: string,
  holder: string,
  details: Readonly<Record<string, unknown>> = {},
): Disposable {
  mkdirSync(directory, { recursive: true })
  const ownerFile = join(directory, 'owner')
  const database = new DatabaseSync(join(directory, 'lock.db'))
  try {
    database.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE')
  } catch (cause) {
    database.close()
    throw new SluiceError('DATA_IN_USE', `${holder} is already running on this data directory${owner(ownerFile)}`, {
      cause,
      fix: 'Stop that run first, or set SLUICE_DATA_DIR (--data-dir) to another directory.',
      details: { ...details, directory },
    })
  }
  writeFileSync(ownerFile, String(process.pid))
  return { [Symbol.dispose]: () => database.close() }
}

function owner(file: string): string {
  try {
    return ` (process ${readFileSync(file, 'utf8')})`
  } catch {
    return ''
  }
}
