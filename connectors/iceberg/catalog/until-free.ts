/** Opening a database that other processes open at the same time. */

const SQLITE_BUSY = 5
const PAUSE_MS = 10

/**
 * Tries again while the database is taken, for `timeoutMs`: SQLite waits by itself for every lock but those of making a file
 * and changing its journal mode.
 */
export function untilFree<T>(timeoutMs: number, open: () => T): T {
  const endsAtMs = performance.now() + timeoutMs
  for (;;) {
    try {
      return open()
    } catch (error) {
      const { errcode } = error as { readonly errcode?: number }
      // The low byte is the error, what is above it the kind of it.
      if (((errcode ?? 0) & 0xff) !== SQLITE_BUSY || performance.now() >= endsAtMs) throw error
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PAUSE_MS)
    }
  }
}
