/** The error for a host that does not keep to the protocol. */
import { SluiceError } from '../../topology/errors.ts'

/** @returns a `STAGE_PROTOCOL` error; `what` is a clause that says what the host did. */
export function protocolError(what: string, cause?: unknown): SluiceError {
  return new SluiceError('STAGE_PROTOCOL', `the host broke the stage protocol: ${what}`, {
    cause,
    fix: 'See runtime/stage-server/PROTOCOL.md for what may be sent when.',
  })
}
