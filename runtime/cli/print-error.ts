/** Shows an error to a person or a program: what happened, and what to do about it. */
import { isSluiceError } from '../../topology/errors.ts'
import { describeError } from '../observability/describe-error.ts'
import { redactText } from '../observability/redact.ts'
import type { Output } from './command-context.ts'

/**
 * As text: `error: message`, then the fix. As JSON: `{"error": {code, message, fix, details}}`. An error nobody foresaw
 * comes with its stack.
 */
export function printError(error: unknown, format: 'text' | 'json', output: Output): void {
  const described = describeError(error)
  if (format === 'json') {
    output.write(`${JSON.stringify({ error: described })}\n`)
    return
  }
  const { message, fix } = described
  if (!isSluiceError(error) && error instanceof Error && error.stack !== undefined) {
    output.write(`error: ${redactText(error.stack)}\n`)
    return
  }
  output.write(`error: ${message}\n`)
  if (fix !== undefined) output.write(`  ${fix}\n`)
  const cause = error instanceof Error ? error.cause : undefined
  if (cause instanceof Error && !message.includes(cause.message))
    output.write(`  caused by: ${redactText(cause.message)}\n`)
}
