/** Errors with a stable code: matched by code, since `instanceof` breaks across workers. */

export interface SluiceErrorOptions {
  readonly cause?: unknown
  /** What the reader can do about it, as a sentence. */
  readonly fix?: string
  /** What the error is about: operator, topic, partition, offset, file, line, table … */
  readonly details?: Readonly<Record<string, unknown>>
}

/**
 * The base of every error Sluice throws on purpose.
 *
 * @example if (isSluiceError(error, 'FENCED')) logger.warn({ event: 'fenced', err: error }, error.message)
 */
export class SluiceError extends Error {
  override readonly name: string = 'SluiceError'
  readonly code: string
  readonly fix: string | undefined
  readonly details: Readonly<Record<string, unknown>>

  constructor(code: string, message: string, options: SluiceErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.code = code
    this.fix = options.fix
    this.details = options.details ?? {}
  }
}

/** A topology that cannot be built: unkeyed window, colliding uid, unknown field … */
export class TopologyError extends SluiceError {
  override readonly name = 'TopologyError'
}

/** A user function or an operator that failed on a record; names the operator and what arrived. */
export class OperatorError extends SluiceError {
  override readonly name = 'OperatorError'
  constructor(message: string, options: SluiceErrorOptions & { readonly details: { readonly uid: string } }) {
    super('OPERATOR_FAILED', message, options)
  }
}

/** Whether `error` is one of ours, and of this code when one is given. */
export function isSluiceError(error: unknown, code?: string): error is SluiceError {
  return error instanceof Error && typeof (error as SluiceError).code === 'string' && 'details' in error
    ? code === undefined || (error as SluiceError).code === code
    : false
}
