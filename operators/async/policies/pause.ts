/** Waits by the injected clock, no longer than anybody waits for what follows. */
import type { PolicyContext } from './policy.ts'

/** @throws the reason of the signal, as soon as it aborts */
export function pause({ clock }: PolicyContext, delayMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const abort = () => {
      timer[Symbol.dispose]()
      reject(signal.reason)
    }
    const timer = clock.schedule(delayMs, () => {
      signal.removeEventListener('abort', abort)
      resolve()
    })
    if (signal.aborted) abort()
    else signal.addEventListener('abort', abort, { once: true })
  })
}
