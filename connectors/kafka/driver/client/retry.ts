/** Tries again what passes by itself: leaders that move, coordinators that load, connections that were lost. */
import { setTimeout as sleep } from 'node:timers/promises'
import { isTransient } from '../../errors.ts'

const FIRST_MS = 20
const LONGEST_MS = 1_000

/** Waits longer from time to time, with some chance in it, so that clients do not come all at once. */
export class Backoff {
  private nextMs = FIRST_MS

  async wait(signal?: AbortSignal): Promise<void> {
    const delayMs = this.nextMs * (0.75 + Math.random() / 2)
    this.nextMs = Math.min(this.nextMs * 2, LONGEST_MS)
    await sleep(delayMs, undefined, { signal }).catch(() => {})
  }

  reset(): void {
    this.nextMs = FIRST_MS
  }
}

/**
 * Until it succeeds, fails for good, or `timeoutMs` are over: then the last error is thrown.
 *
 * @param onRetry before each further attempt, with what the last has failed with
 */
export async function retrying<T>(
  timeoutMs: number,
  attempt: () => Promise<T>,
  onRetry: (error: unknown) => void = () => {},
): Promise<T> {
  const deadline = performance.now() + timeoutMs
  const backoff = new Backoff()
  for (;;) {
    try {
      return await attempt()
    } catch (error) {
      if (!isTransient(error) || performance.now() >= deadline) throw error
      onRetry(error)
      await backoff.wait()
    }
  }
}
