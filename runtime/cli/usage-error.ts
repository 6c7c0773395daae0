/** A command line that cannot be understood: exit code 2. */
import { SluiceError } from '../../topology/errors.ts'
import { nearestName } from '../../topology/nearest-name.ts'

export function usageError(message: string, command?: string): SluiceError {
  return new SluiceError('USAGE', message, {
    fix: command === undefined ? 'See `runtime help`.' : `See \`runtime help ${command}\`.`,
    details: command === undefined ? {} : { command },
  })
}

/** ` did you mean …?`, or nothing. */
export function suggestion(name: string, candidates: Iterable<string>, prefix = ''): string {
  const nearest = nearestName(name, candidates)
  return nearest === undefined ? '' : `; did you mean ${prefix}${nearest}?`
}
