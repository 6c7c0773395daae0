/** Errors on their way from one process to another: `instanceof` is lost, code, fix, details, stack and causes stay. */
import { isSluiceError, SluiceError } from '../../topology/errors.ts'
import type { Json } from '../../topology/json.ts'

export interface RemoteError {
  /** Absent for an error that nobody threw on purpose. */
  readonly code?: string
  readonly message: string
  readonly fix?: string
  readonly details?: Readonly<Record<string, Json>>
  readonly stack?: string
  readonly cause?: RemoteError
}

/** How deep a chain of causes is followed: one that bites its own tail ends. */
const MAX_CAUSES = 8

export function toRemoteError(error: unknown, depth = 0): RemoteError {
  if (!(error instanceof Error)) return { message: String(error) }
  const known = isSluiceError(error)
  return {
    ...(known ? { code: error.code, details: plain(error.details) } : {}),
    ...(known && error.fix !== undefined ? { fix: error.fix } : {}),
    message: error.message,
    ...(error.stack === undefined ? {} : { stack: error.stack }),
    ...(error.cause === undefined || depth === MAX_CAUSES ? {} : { cause: toRemoteError(error.cause, depth + 1) }),
  }
}

/** A SluiceError with the code it had; `INTERNAL` for one that had none. The stack is that of where it was thrown. */
export function fromRemoteError(error: RemoteError): SluiceError {
  const { code = 'INTERNAL', message, fix, details, stack, cause } = error
  const revived = new SluiceError(code, message, {
    ...(fix === undefined ? {} : { fix }),
    ...(details === undefined ? {} : { details }),
    ...(cause === undefined ? {} : { cause: fromRemoteError(cause) }),
  })
  if (stack !== undefined) revived.stack = stack
  return revived
}

/** What of `details` goes through JSON; the rest as text, so that what can't be told hides nothing. */
function plain(details: Readonly<Record<string, unknown>>): Record<string, Json> {
  return Object.fromEntries(Object.entries(details ?? {}).map(([name, value]) => [name, jsonOf(value)]))
}

function jsonOf(value: unknown): Json {
  try {
    const text = JSON.stringify(value, (_key, inner: unknown) =>
      typeof inner === 'bigint' ? String(inner) : inner instanceof Error ? inner.message : inner,
    )
    return text === undefined ? null : (JSON.parse(text) as Json)
  } catch {
    return String(value)
  }
}
