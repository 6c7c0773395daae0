/**
 * Loaded before the CLI, this makes readers of the log, of Kafka and of Nexmark's generator hand out so many records a
 * second, a few at a time, and note where their splits stand when an attempt begins and after each batch:
 *
 * ```text
 * <milliseconds since 1970> begins|reads <split> <next offset>
 * ```
 *
 * So a test knows what had been read when a process was killed, and an input can be made to last: with
 * `SLUICE_TEST_MOST_ROWS_PER_CHECKPOINT` also where checkpoints take their time.
 */
import { openSync, writeSync } from 'node:fs'
import { isMainThread } from 'node:worker_threads'
import type { SourceReader, SourceRecord } from '../../topology/contract/source.ts'
import type { Batch } from '../../topology/element.ts'

interface PacedReader extends SourceReader {
  poll(maxRows: number): Batch<SourceRecord> | undefined
}

/** Where more a second are asked for, a reader hands them out a hundred times a second. */
const LEAST_ROWS_PER_POLL = 10
const MOST_POLLS_PER_SECOND = 100

if (isMainThread) {
  const rowsPerSecond = Number(process.env['SLUICE_TEST_ROWS_PER_SECOND'])
  const rowsPerCheckpoint = Number(process.env['SLUICE_TEST_MOST_ROWS_PER_CHECKPOINT'] ?? Number.POSITIVE_INFINITY)
  const file = openSync(process.env['SLUICE_TEST_POSITIONS']!, 'a')
  const { LogReader } = await import('../../connectors/log/reader.ts')
  const { KafkaReader } = await import('../../connectors/kafka/reader.ts')
  const { NexmarkReader } = await import('../../jobs/nexmark/generator/source.ts')
  for (const { prototype } of [LogReader, KafkaReader, NexmarkReader]) {
    paceReaders(prototype, { rowsPerSecond, rowsPerCheckpoint }, file)
  }
}

interface Limits {
  readonly rowsPerSecond: number
  /** From one barrier to the next. */
  readonly rowsPerCheckpoint: number
}

function paceReaders(prototype: PacedReader, { rowsPerSecond, rowsPerCheckpoint }: Limits, file: number): void {
  const { assign, poll, wait, snapshot } = prototype
  const paces = new WeakMap<object, { readonly sinceMs: number; rows: number; sinceBarrier: number }>()
  const rowsPerPoll = Math.max(LEAST_ROWS_PER_POLL, Math.ceil(rowsPerSecond / MOST_POLLS_PER_SECOND))

  /** How many rows of its reader are due. */
  function due(reader: object): number {
    const pace = paces.get(reader)!
    return Math.floor(((performance.now() - pace.sinceMs) / 1000) * rowsPerSecond) - pace.rows
  }

  function note(what: 'begins' | 'reads', reader: SourceReader): void {
    const lines = snapshot.call(reader).map(({ id, position }) => `${Date.now()} ${what} ${id} ${position}\n`)
    // One write: lines of several processes stay whole.
    writeSync(file, lines.join(''))
  }

  prototype.assign = async function (splits) {
    await assign.call(this, splits)
    paces.set(this, { sinceMs: performance.now(), rows: 0, sinceBarrier: 0 })
    note('begins', this)
  }

  prototype.snapshot = function () {
    paces.get(this)!.sinceBarrier = 0
    return snapshot.call(this)
  }

  prototype.poll = function (maxRows) {
    const pace = paces.get(this)!
    if (due(this) < rowsPerPoll || pace.sinceBarrier >= rowsPerCheckpoint) return undefined
    const batch = poll.call(this, Math.min(maxRows, rowsPerPoll))
    if (batch === undefined) return undefined
    pace.rows += batch.length
    pace.sinceBarrier += batch.length
    note('reads', this)
    return batch
  }

  prototype.wait = function (timeoutMs, signal) {
    const missing = rowsPerPoll - due(this)
    const isHeld = paces.get(this)!.sinceBarrier >= rowsPerCheckpoint
    if (missing <= 0 && !isHeld) return wait.call(this, timeoutMs, signal)
    return new Promise((resume) => {
      // The barrier aborts the wait.
      const delayMs = isHeld ? timeoutMs : Math.ceil((missing / rowsPerSecond) * 1000)
      const timer = setTimeout(resume, Math.min(timeoutMs, delayMs))
      signal.addEventListener('abort', () => {
        clearTimeout(timer)
        resume()
      })
    })
  }
}
