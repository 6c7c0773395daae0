/** Which job modules a session runs: those that lie in the directory it was given, wherever links lead. */
import { realpathSync } from 'node:fs'
import { relative, resolve } from 'node:path'
import { SluiceError } from '../../../topology/errors.ts'

/**
 * The module's real path, links resolved.
 *
 * @param file absolute, or relative to `directory`
 * @throws {SluiceError} `JOB_PATH_REFUSED` for one outside, there or not; `JOB_NOT_FOUND`
 */
export function allowedJobFile(file: string, directory: string): string {
  const allowed = realpathSync(directory)
  const path = resolve(allowed, file)
  // A name that leads out is refused before anything is looked up: an answer would tell what is there.
  if (file.includes('\0') || (!isWithin(path, allowed) && !isWithin(path, resolve(directory))))
    throw refused(file, allowed)
  const real = realPath(path)
  if (real === undefined) {
    throw new SluiceError('JOB_NOT_FOUND', `there is no job file ${file}`, {
      fix: `Name a module in ${allowed} whose default export is topology(…).`,
      details: { file },
    })
  }
  if (!isWithin(real, allowed)) throw refused(file, allowed)
  return real
}

function isWithin(path: string, directory: string): boolean {
  const way = relative(directory, path)
  return way !== '' && way !== '..' && !way.startsWith('../') && !way.startsWith('/')
}

function realPath(path: string): string | undefined {
  try {
    return realpathSync(path)
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code!)) return undefined
    throw error
  }
}

function refused(file: string, allowed: string): SluiceError {
  return new SluiceError('JOB_PATH_REFUSED', `${file} is not in ${allowed}, which jobs may come from`, {
    fix: 'Put the module there, or start the session with another --jobs-dir (JOBS_DIR).',
    details: { file, directory: allowed },
  })
}
