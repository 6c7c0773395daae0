/** Tries again what may succeed later: exponential backoff with full jitter. */
import type { Clock, Random } from '../../topology/contract/clock.ts'
import { isSluiceError } from '../../topology/errors.ts'

export interface RetryOptions {
  /** Attempts after the first. @default 5 */
  readonly retries?: number
  /** Upper bound of the first delay; it doubles with every attempt. @default 50 */
  readonly baseMs?: number
  /** Upper bound of all delays. @default 5000 */
  readonly maxMs?: number
  /** Which errors may go away by themselves. @default a busy or unavailable log or broker, and broken connections */
  readonly isTransient?: (error: unknown) => boolean
}

const TRANSIENT_CODES = new Set([
  'LOG_BUSY',
  'LOG_UNAVAILABLE',
  'KAFKA_UNAVAILABLE',
  'KAFKA_UNREACHABLE',
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
])

function isTransientError(error: unknown): boolean {
  const code = isSluiceError(error) ? error.code : (error as { code?: unknown } | null)?.code
  return typeof code === 'string' && TRANSIENT_CODES.has(code)
}

/**
 * Runs `attempt` until it succeeds, its error is not transient or the retries are used up; then the last error is thrown.
 * Each delay is uniform between 0 and its bound ("full jitter"), so that producers which failed together do not come back
 * together.
 */
export async function withRetries<T>(
  attempt: () => Promise<T>,
  options: RetryOptions,
  context: { readonly clock: Clock; readonly random: Random; readonly onRetry: (error: unknown) => void },
): Promise<T> {
  const { retries = 5, baseMs = 50, maxMs = 5_000, isTransient = isTransientError } = options
  for (let tried = 0; ; tried++) {
    try {
      return await attempt()
    } catch (error) {
      if (tried >= retries || !isTransient(error)) throw error
      context.onRetry(error)
      const delayMs = context.random() * Math.min(maxMs, baseMs * 2 ** tried)
      await new Promise<void>((resolve) => context.clock.schedule(delayMs, resolve))
    }
  }
}
