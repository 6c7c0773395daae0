/** A log in a directory of its own, in manual time. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { openLog } from '../../../connectors/log/log.ts'
import type { Clock } from '../../../topology/contract/clock.ts'
import type { ReaderContext, Source, SourceRecord } from '../../../topology/contract/source.ts'
import type { TopicSystem } from '../../../topology/contract/topic.ts'
import { ManualClock } from '../../support/manual-clock.ts'
import { type RecordedLog, recordingLogger, silentMetrics } from '../../support/silent.ts'

/** Manual time that knows how many timers wait. */
export class CountingClock extends ManualClock {
  scheduled = 0

  override schedule(delayMs: number, callback: () => void): Disposable {
    this.scheduled++
    let waiting = true
    const settle = () => {
      if (waiting) this.scheduled--
      waiting = false
    }
    const timer = super.schedule(delayMs, () => {
      settle()
      callback()
    })
    return {
      [Symbol.dispose]() {
        settle()
        timer[Symbol.dispose]()
      },
    }
  }
}

/** A directory that goes when the test ends. */
export function temporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'sluice-log-'))
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }))
  return directory
}

export interface TestLog {
  readonly log: TopicSystem
  readonly path: string
  readonly clock: CountingClock
  readonly lines: RecordedLog[]
}

export function temporaryLog(
  options: { readonly path?: string; readonly clock?: CountingClock; readonly maxSizeBytes?: number } = {},
): TestLog {
  const {
    path = join(temporaryDirectory(), 'log.db'),
    clock = new CountingClock(Date.UTC(2026, 0, 1)),
    ...rest
  } = options
  const lines: RecordedLog[] = []
  const log = openLog({ path, clock, logger: recordingLogger(lines), ...rest })
  onTestFinished(() => log.close())
  return { log, path, clock, lines }
}

export function readerContext(clock: Clock): ReaderContext {
  return { job: 'test', uid: 'source', subtask: 0, clock, logger: recordingLogger(), metrics: silentMetrics }
}

/** Every record that is in the topic now, partition by partition. */
export async function readAll(source: Source, clock: Clock): Promise<SourceRecord[]> {
  const splits = await source.discoverSplits({ until: 'latest' })
  const reader = source.createReader(readerContext(clock))
  await reader.assign(splits.map((split) => ({ ...split, position: split.start })))
  const rows: SourceRecord[] = []
  for (let batch = await reader.poll(1024); batch !== undefined; batch = await reader.poll(1024)) {
    rows.push(...batch.values)
  }
  return rows.sort((a, b) => a.partition - b.partition || Number(a.offset - b.offset))
}

export const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
export const text = (value: Uint8Array | null): string => new TextDecoder().decode(value ?? undefined)
