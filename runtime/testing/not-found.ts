/** The error for a name that the job under test does not have. */
import { SluiceError } from '../../topology/errors.ts'
import { nearestName } from '../../topology/nearest-name.ts'

/** `TEST_SOURCE_NOT_FOUND`, `TEST_OUTPUT_NOT_FOUND` or `TEST_STATE_NOT_FOUND`, with what it may have been. */
export function notFound(what: 'source' | 'output' | 'state', name: string, known: readonly string[]): SluiceError {
  const nearest = nearestName(name, known)
  return new SluiceError(`TEST_${what.toUpperCase()}_NOT_FOUND`, `the job has no ${what} "${name}"`, {
    fix: nearest === undefined ? `It has ${known.join(', ') || 'none'}.` : `Is it "${nearest}"?`,
    details: { name, known },
  })
}
