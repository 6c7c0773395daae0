/**
 * Loaded before the CLI, this makes readers of the log hand out so many records from one barrier to the next, a few at
 * a time. A short input then gives many checkpoints, and the same number of them on a slow machine and a fast one.
 */
import { LogReader } from '../../connectors/log/reader.ts'

const rowsPerCheckpoint = Number(process.env['SLUICE_TEST_ROWS_PER_CHECKPOINT'])
const ROWS_PER_POLL = 100

const { poll, wait, snapshot } = LogReader.prototype
const handedOut = new WeakMap<LogReader, number>()

LogReader.prototype.poll = function (maxRows) {
  const before = handedOut.get(this) ?? 0
  if (before >= rowsPerCheckpoint) return undefined
  const batch = poll.call(this, Math.min(maxRows, ROWS_PER_POLL))
  handedOut.set(this, before + (batch?.length ?? 0))
  return batch
}

LogReader.prototype.wait = function (timeoutMs, signal) {
  if ((handedOut.get(this) ?? 0) < rowsPerCheckpoint) return wait.call(this, timeoutMs, signal)
  // The barrier aborts the wait.
  return new Promise((resume) => signal.addEventListener('abort', () => resume(), { once: true }))
}

LogReader.prototype.snapshot = function () {
  handedOut.set(this, 0)
  return snapshot.call(this)
}
