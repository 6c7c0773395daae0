/**
 * Loaded before the CLI, this makes readers of the log hand out so many records a second, a few at a time, and note where
 * their splits stand when an attempt begins and after each batch:
 *
 * ```text
 * <milliseconds since 1970> begins|reads <split> <next offset>
 * ```
 *
 * So a test knows what had been read when a process was killed, and an input can be made to last.
 */
import { openSync, writeSync } from 'node:fs'
import { isMainThread } from 'node:worker_threads'

const ROWS_PER_POLL = 10

if (isMainThread) await paceReaders(Number(process.env['SLUICE_TEST_ROWS_PER_SECOND']))

async function paceReaders(rowsPerSecond: number): Promise<void> {
  const { LogReader } = await import('../../connectors/log/reader.ts')
  const { assign, poll, wait, snapshot } = LogReader.prototype
  const paces = new WeakMap<object, { readonly sinceMs: number; rows: number }>()
  const file = openSync(process.env['SLUICE_TEST_POSITIONS']!, 'a')

  /** How many rows of its reader are due. */
  function due(reader: object): number {
    const pace = paces.get(reader)!
    return Math.floor(((performance.now() - pace.sinceMs) / 1000) * rowsPerSecond) - pace.rows
  }

  function note(what: 'begins' | 'reads', reader: InstanceType<typeof LogReader>): void {
    const lines = snapshot.call(reader).map(({ id, position }) => `${Date.now()} ${what} ${id} ${position}\n`)
    // One write: lines of several processes stay whole.
    writeSync(file, lines.join(''))
  }

  LogReader.prototype.assign = async function (splits) {
    await assign.call(this, splits)
    paces.set(this, { sinceMs: performance.now(), rows: 0 })
    note('begins', this)
  }

  LogReader.prototype.poll = function (maxRows) {
    if (due(this) < ROWS_PER_POLL) return undefined
    const batch = poll.call(this, Math.min(maxRows, ROWS_PER_POLL))
    if (batch === undefined) return undefined
    paces.get(this)!.rows += batch.length
    note('reads', this)
    return batch
  }

  LogReader.prototype.wait = function (timeoutMs, signal) {
    const missing = ROWS_PER_POLL - due(this)
    if (missing <= 0) return wait.call(this, timeoutMs, signal)
    return new Promise((resume) => {
      const timer = setTimeout(resume, Math.min(timeoutMs, Math.ceil((missing / rowsPerSecond) * 1000)))
      signal.addEventListener('abort', () => {
        clearTimeout(timer)
        resume()
      })
    })
  }
}
