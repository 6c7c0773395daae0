/** An error as a program gets it, from the CLI and over REST: `{code, message, fix, details}`. */
import { isSluiceError } from '../../topology/errors.ts'
import type { Json } from '../../topology/json.ts'
import { toLogFields } from './log-fields.ts'
import { redactText } from './redact.ts'

export interface ErrorDescription {
  /** Of a SluiceError; INTERNAL for an error nobody foresaw. */
  readonly code: string
  readonly message: string
  readonly fix?: string
  readonly details: Readonly<Record<string, Json>>
}

/** Secrets are redacted. */
export function describeError(error: unknown): ErrorDescription {
  const message = redactText(error instanceof Error ? error.message : String(error))
  if (!isSluiceError(error)) return { code: 'INTERNAL', message, details: {} }
  const { code, fix, details } = error
  return { code, message, ...(fix === undefined ? {} : { fix }), details: toLogFields(details) }
}
