/** The error for bytes that are no frame. */
import { SluiceError } from '../../../topology/errors.ts'

/** @returns a `FRAME_CORRUPT` error; `what` is a clause that says what was found. */
export function frameCorrupt(what: string, cause?: unknown): SluiceError {
  return new SluiceError('FRAME_CORRUPT', `a batch from another process cannot be read: ${what}`, {
    cause,
    fix: 'It was truncated or changed on its way, or the other process runs another version of Sluice.',
  })
}
