/** How long state lives that nobody renews. */
import type { DurationMs } from '../duration.ts'
import { refused } from './declaration.ts'

/**
 * An entry (a value, a map's entry, a list's element) is seen for `after` since it was written, and then never again. What
 * has expired is removed a few entries at a time, while records and watermarks come.
 */
export interface StateTtl {
  readonly after: DurationMs
  /**
   * `event`: by the record's event time, or the watermark where that is further; so a replay sees what the first run saw.
   * `processing`: by the clock.
   */
  readonly time: 'event' | 'processing'
  /**
   * What makes `after` begin anew.
   *
   * @default 'write'
   */
  readonly refresh?: 'write' | 'readAndWrite'
}

/** State that may expire. */
export interface TtlOptions {
  /**
   * How long an entry lives.
   *
   * @default for ever
   */
  readonly ttl?: StateTtl
}

/** @returns the part of a descriptor that says it. @throws {TopologyError} `STATE_DECLARATION` */
export function declaredTtl(name: string, { ttl }: TtlOptions): { readonly ttl?: StateTtl } {
  if (ttl === undefined) return {}
  if (!(Number.isSafeInteger(ttl.after) && ttl.after > 0)) {
    throw refused(
      name,
      `it can't expire after ${ttl.after} ms`,
      'Give a whole number of milliseconds, as hours(1) does.',
    )
  }
  if (ttl.time !== 'event' && ttl.time !== 'processing') {
    throw refused(name, `it can't expire by the time "${ttl.time}"`, "Say 'event' or 'processing'.")
  }
  if (ttl.refresh !== undefined && ttl.refresh !== 'write' && ttl.refresh !== 'readAndWrite') {
    throw refused(name, `its time can't begin anew at "${ttl.refresh}"`, "Say 'write' or 'readAndWrite'.")
  }
  return { ttl }
}
