/** The error for bytes that cannot be what a codec wrote. */
import { SluiceError } from '../errors.ts'

/** @returns a `STATE_CORRUPT` error; `what` is a clause that says what was found. */
export function stateCorrupt(what: string, cause?: unknown): SluiceError {
  return new SluiceError('STATE_CORRUPT', `state cannot be read: ${what}`, {
    cause,
    fix: 'The bytes were truncated, changed, or written by another codec. Restore an older checkpoint or savepoint.',
  })
}
