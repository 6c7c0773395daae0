/** What an asyncMap sends to its side output in place of a result. */

/** The side output's name. */
export const FAILED = 'failed'

export interface FailedCall<T> {
  readonly record: T
  /** Whether the function failed, or did not answer in time. */
  readonly reason: 'error' | 'timeout'
  readonly error: string
}
