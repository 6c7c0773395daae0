/** Shows an error to a person or a program: what happened, and what to do about it. */
import { isSluiceError } from '../../topology/errors.ts'
import { toLogFields } from '../observability/log-fields.ts'
import { redactText } from '../observability/redact.ts'
import type { Output } from './command-context.ts'

/**
 * As text: `error: message`, then the fix. As JSON: `{"error": {code, message, fix, details}}`. An error nobody foresaw
 * comes with its stack.
 */
export function printError(error: unknown, format: 'text' | 'json', output: Output): void {
  const known = isSluiceError(error)
  const message = redactText(error instanceof Error ? error.message : String(error))
  if (format === 'json') {
    const described = {
      code: known ? error.code : 'INTERNAL',
      message,
      ...(known && error.fix !== undefined ? { fix: error.fix } : {}),
      details: known ? toLogFields(error.details) : {},
    }
    output.write(`${JSON.stringify({ error: described })}\n`)
    return
  }
  if (!known && error instanceof Error && error.stack !== undefined) {
    output.write(`error: ${redactText(error.stack)}\n`)
    return
  }
  output.write(`error: ${message}\n`)
  if (known && error.fix !== undefined) output.write(`  ${error.fix}\n`)
  const cause = error instanceof Error ? error.cause : undefined
  if (cause instanceof Error && !message.includes(cause.message))
    output.write(`  caused by: ${redactText(cause.message)}\n`)
}
