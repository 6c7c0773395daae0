/** Reads the one split: a page at a time, and once there is nothing more, again every `pollEveryMs`. */
import { Buffer } from 'node:buffer'
import type { Clock } from '../../../topology/contract/clock.ts'
import type { SourceReader, SourceRecord, SplitState } from '../../../topology/contract/source.ts'
import { Batch } from '../../../topology/element.ts'
import type { Database, TextRow } from '../database.ts'
import { AT_START, type PostgresPosition, positionBehind, rowsOf, valuesOf } from './position.ts'
import type { Selects } from './select.ts'

export interface PostgresReaderOptions {
  /** What records are said to come from. */
  readonly name: string
  readonly doing: string
  readonly selects: Selects
  readonly pollEveryMs: number
  readonly pageRows: number
  readonly clock: Clock
  readonly database: Database
}

export class PostgresReader implements SourceReader {
  readBytes = 0
  private readonly options: PostgresReaderOptions
  /** Undefined: another subtask has it. */
  private split: SplitState | undefined
  private position: PostgresPosition = AT_START
  /** Rows that were read and are not emitted yet, from `next` on. */
  private page: readonly TextRow[] = []
  private next = 0
  /** There is nothing up to its stop that has not been read. */
  private isAtStop = false
  private lookAtMs = Number.NEGATIVE_INFINITY

  constructor(options: PostgresReaderOptions) {
    this.options = options
  }

  async assign([split]: readonly SplitState[]): Promise<void> {
    if (split === undefined) return
    this.split = split
    this.position = split.position as unknown as PostgresPosition
    this.isAtStop = this.stop !== undefined && isSame(this.position, this.stop)
  }

  async poll(maxRows: number): Promise<Batch<SourceRecord> | undefined> {
    const { split } = this
    if (split === undefined) return undefined
    if (this.next === this.page.length && this.mayFind()) await this.read()
    const rows = this.page.slice(this.next, this.next + maxRows)
    if (rows.length === 0) return undefined
    this.next += rows.length
    const records = rows.map((row) => this.record(row))
    return new Batch(records, {
      split: split.index,
      timestampsMs: rows[0]!['ms'] === null ? undefined : Float64Array.from(records, (record) => record.timestampMs),
    })
  }

  wait(timeoutMs: number, signal: AbortSignal): Promise<void> {
    if (signal.aborted || this.next < this.page.length || this.mayFind()) return Promise.resolve()
    const { clock } = this.options
    const isDone = this.split === undefined || this.isAtStop
    const untilLookMs = isDone ? timeoutMs : this.lookAtMs - clock.monotonicMs()
    return new Promise((resolve) => {
      const done = () => {
        timer[Symbol.dispose]()
        signal.removeEventListener('abort', done)
        resolve()
      }
      const timer = clock.schedule(Math.min(timeoutMs, Math.max(0, untilLookMs)), done)
      signal.addEventListener('abort', done)
    })
  }

  atEnd(): boolean {
    return this.isAtStop && this.next === this.page.length
  }

  snapshot(): readonly SplitState[] {
    return this.split === undefined ? [] : [{ ...this.split, position: this.position }]
  }

  async close(): Promise<void> {
    await this.options.database.close()
  }

  private get stop(): PostgresPosition | undefined {
    return this.split?.stop as PostgresPosition | undefined
  }

  private mayFind(): boolean {
    return this.split !== undefined && !this.isAtStop && this.options.clock.monotonicMs() >= this.lookAtMs
  }

  private async read(): Promise<void> {
    const { selects, database, doing, pageRows, pollEveryMs, clock } = this.options
    const { stop } = this
    // Nothing was there when the end was looked for.
    const isEmpty = stop !== undefined && valuesOf(stop).length === 0
    const { sql, values } = selects.page(this.position, stop)
    this.page = isEmpty ? [] : await database.run(doing, (session) => session.query(sql, values))
    this.next = 0
    if (this.page.length === pageRows) return
    if (stop !== undefined) this.isAtStop = true
    this.lookAtMs = clock.monotonicMs() + pollEveryMs
  }

  private record(row: TextRow): SourceRecord {
    const { name, clock } = this.options
    const rows = rowsOf(this.position)
    this.position = positionBehind(row, rows + 1n)
    const [, ...key] = valuesOf(this.position)
    const value = Buffer.from(row['value']!)
    this.readBytes += value.length
    return {
      topic: name,
      partition: 0,
      offset: rows,
      timestampMs: row['ms'] === null ? clock.nowMs() : Number(row['ms']),
      key: Buffer.from(key.length === 1 ? key[0]! : JSON.stringify(key)),
      value,
    }
  }
}

/** The same place, however many rows lie before it. */
function isSame(a: PostgresPosition, b: PostgresPosition): boolean {
  return JSON.stringify(valuesOf(a)) === JSON.stringify(valuesOf(b))
}
