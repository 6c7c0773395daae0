/** A log in a directory of its own, in manual time. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { openLog } from '../../../connectors/log/log.ts'
import type { Clock } from '../../../topology/contract/clock.ts'
import type { Logger, MetricScope } from '../../../topology/contract/observability.ts'
import type { ReaderContext, Source, SourceRecord } from '../../../topology/contract/source.ts'
import type { TopicSystem } from '../../../topology/contract/topic.ts'

/** Time that passes only when told to. */
export class ManualClock implements Clock {
  private now: number
  private timers: { readonly dueMs: number; readonly callback: () => void }[] = []

  constructor(nowMs = Date.UTC(2026, 0, 1)) {
    this.now = nowMs
  }

  nowMs(): number {
    return this.now
  }

  monotonicMs(): number {
    return this.now
  }

  schedule(delayMs: number, callback: () => void): Disposable {
    const timer = { dueMs: this.now + delayMs, callback }
    this.timers.push(timer)
    return {
      [Symbol.dispose]: () => {
        this.timers = this.timers.filter((other) => other !== timer)
      },
    }
  }

  get scheduled(): number {
    return this.timers.length
  }

  advance(durationMs: number): void {
    const untilMs = this.now + durationMs
    for (;;) {
      const due = this.timers.filter(({ dueMs }) => dueMs <= untilMs).sort((a, b) => a.dueMs - b.dueMs)[0]
      if (due === undefined) break
      this.timers = this.timers.filter((timer) => timer !== due)
      this.now = Math.max(this.now, due.dueMs)
      due.callback()
    }
    this.now = untilMs
  }
}

export interface LoggedLine {
  readonly level: string
  readonly fields: Readonly<Record<string, unknown>>
  readonly message: string
}

export function recordingLogger(lines: LoggedLine[] = []): Logger {
  const at = (level: string) => (fields: Readonly<Record<string, unknown>>, message: string) => {
    lines.push({ level, fields, message })
  }
  return {
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    child: () => recordingLogger(lines),
  }
}

const instrument = { add() {}, set() {}, observe() {} }
export const noMetrics: MetricScope = {
  counter: () => instrument,
  gauge: () => instrument,
  histogram: () => instrument,
  timed: (_name, _labels, fn) => fn(),
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
  readonly clock: ManualClock
  readonly lines: LoggedLine[]
}

export function temporaryLog(
  options: { readonly path?: string; readonly clock?: ManualClock; readonly maxSizeBytes?: number } = {},
): TestLog {
  const { path = join(temporaryDirectory(), 'log.db'), clock = new ManualClock(), ...rest } = options
  const lines: LoggedLine[] = []
  const log = openLog({ path, clock, logger: recordingLogger(lines), ...rest })
  onTestFinished(() => log.close())
  return { log, path, clock, lines }
}

export function readerContext(clock: Clock): ReaderContext {
  return { uid: 'source', subtask: 0, clock, logger: recordingLogger(), metrics: noMetrics }
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
