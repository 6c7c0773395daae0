/** The token that every request carries: made once per data directory, readable by its owner only. */
import { randomBytes } from 'node:crypto'
import { linkSync, readFileSync, unlinkSync, writeFileSync } from 'node:fs'
import { SluiceError } from '../../topology/errors.ts'
import { makeRunDirectory, runFiles } from './run-directory.ts'

/**
 * The token, made if it is not there: 32 random bytes as base64url.
 *
 * @throws {SluiceError} `TOKEN_INVALID` for a file that holds something else
 */
export function openToken(run: string): string {
  const found = readToken(run)
  if (found !== undefined) return found
  makeRunDirectory(run)
  const { token: file } = runFiles(run)
  const made = `${file}.${process.pid}`
  writeFileSync(made, randomBytes(32).toString('base64url'), { mode: 0o600 })
  try {
    // Whole or not at all, and the first of several coordinators that start at once wins.
    linkSync(made, file)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  } finally {
    unlinkSync(made)
  }
  return readToken(run)!
}

/** Undefined when no coordinator has made one yet. @throws {SluiceError} `TOKEN_INVALID` */
export function readToken(run: string): string | undefined {
  const { token: file } = runFiles(run)
  let text: string
  try {
    text = readFileSync(file, 'utf8').trim()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
  if (/^[\w-]{43}$/.test(text)) return text
  throw new SluiceError('TOKEN_INVALID', `${file} holds no token`, {
    fix: 'Delete it, and start coordinators anew: the first makes another.',
    details: { file },
  })
}
