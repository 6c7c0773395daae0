/** Remember what has been asked before. */
import type { DurationMs } from '../../../topology/duration.ts'
import type { Key } from '../../../topology/element.ts'
import { toKey } from '../../../topology/key.ts'
import type { Policy } from './policy.ts'
import { isCount, isPositive, requireOption } from './require-option.ts'

export interface CachedOptions<I> {
  /** What makes two inputs the same question. */
  readonly by: (input: I) => Key
  /** How many answers are kept: the one that was not asked for the longest goes first. In a job, of each subtask. */
  readonly capacity: number
  /** How long an answer is good for, by the clock, from when it came. @default for ever */
  readonly ttl?: DurationMs
}

interface Entry {
  readonly answer: Promise<any>
  /** While it is being asked for: who waits for it, and how to give it up. */
  waiting: number
  readonly controller: AbortController
  isAnswered: boolean
  /** Of the steady clock, once it is answered. */
  expiresAtMs: number
}

/**
 * Calls the function once for each key, also when many ask at the same time: they share the call that is under way, which
 * is given up when all of them have. Errors are not remembered. Answers are shared: nobody changes one.
 *
 * It is no state: after a restart everything is asked for again.
 *
 * @throws {TopologyError} `ASYNC_OPTION`
 * @throws {SluiceError} `KEY_INVALID` when `by` gives what can be no key.
 * @example withPolicies(fetchUser, cached({ by: (id: string) => id, capacity: 10_000, ttl: minutes(5) }))
 */
export function cached<I>({ by, capacity, ttl = Number.POSITIVE_INFINITY as DurationMs }: CachedOptions<I>): Policy<I> {
  requireOption(isCount(capacity), 'cached()', 'capacity', capacity, 'a whole number from 1')
  requireOption(isPositive(ttl), 'cached()', 'ttl', ttl, 'a duration above 0')
  return {
    name: `cached(${capacity})`,
    apply(fn, { clock }) {
      /** The one asked for last is the last. */
      const entries = new Map<Key, Entry>()
      const forget = (key: Key, entry: Entry) => {
        if (entries.get(key) === entry) entries.delete(key)
      }
      const ask = (key: Key, input: Parameters<typeof fn>[0]): Entry => {
        const controller = new AbortController()
        const answer = (async () => fn(input, { signal: controller.signal }))()
        const entry: Entry = {
          answer,
          waiting: 0,
          controller,
          isAnswered: false,
          expiresAtMs: Number.POSITIVE_INFINITY,
        }
        answer.then(
          () => {
            entry.isAnswered = true
            entry.expiresAtMs = clock.monotonicMs() + ttl
          },
          () => forget(key, entry),
        )
        return entry
      }
      return (input, { signal }) => {
        const key = toKey(by(input))
        let entry = entries.get(key)
        if (entry === undefined || entry.expiresAtMs <= clock.monotonicMs() || entry.controller.signal.aborted) {
          entry = ask(key, input)
        }
        entries.delete(key)
        entries.set(key, entry)
        for (const oldest of entries.keys()) {
          if (entries.size <= capacity) break
          entries.delete(oldest)
        }
        return shared(entry, signal)
      }
    },
  }
}

/** The answer for one of those who wait for it. */
function shared(entry: Entry, signal: AbortSignal): Promise<any> {
  if (entry.isAnswered) return entry.answer
  return new Promise((resolve, reject) => {
    entry.waiting++
    const leave = () => {
      entry.waiting--
      signal.removeEventListener('abort', abort)
    }
    const abort = () => {
      leave()
      if (entry.waiting === 0) entry.controller.abort(signal.reason)
      reject(signal.reason)
    }
    entry.answer.then(resolve, reject).finally(leave)
    if (signal.aborted) abort()
    else signal.addEventListener('abort', abort, { once: true })
  })
}
