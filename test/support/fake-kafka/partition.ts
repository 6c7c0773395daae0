/** One partition of the fake: its log, its open transactions, and what either kind of reader sees of it. */
import type { IsolationLevel } from '../../../connectors/kafka/driver/driver.ts'
import type { OutgoingRecord } from '../../../topology/contract/topic.ts'

/** Where a record or a control record lies. */
export interface LogEntry {
  readonly offset: number
  /** Undefined: a control record, which ends the transaction of `producerId`. */
  readonly record: OutgoingRecord | undefined
  readonly timestampMs: number
  /** Of the transaction that it was written in. */
  readonly producerId: number | undefined
}

/** What a fetch gives: entries that its reader sees, and where to read on. */
export interface Fetched {
  readonly entries: readonly LogEntry[]
  readonly nextOffset: number
}

interface AbortedRange {
  readonly producerId: number
  readonly first: number
  readonly last: number
}

export class FakePartition {
  readonly topic: string
  readonly partition: number
  logStartOffset = 0
  /** The next offset: every replica has everything at once. */
  highWatermark = 0
  private log: LogEntry[] = []
  /** First offset by producer id. */
  private readonly open = new Map<number, number>()
  private readonly aborted: AbortedRange[] = []

  constructor(topic: string, partition: number) {
    this.topic = topic
    this.partition = partition
  }

  /** Where a read_committed read ends: before the first record that is not decided. */
  get lastStableOffset(): number {
    return Math.min(this.highWatermark, ...this.open.values())
  }

  append(records: readonly OutgoingRecord[], nowMs: number, producerId?: number): number {
    const base = this.highWatermark
    if (producerId !== undefined && !this.open.has(producerId)) this.open.set(producerId, base)
    for (const record of records) {
      const timestampMs = record.timestampMs ?? nowMs
      this.log.push({ offset: this.highWatermark++, record, timestampMs, producerId })
    }
    return base
  }

  /** Writes the control record that decides a transaction. */
  end(producerId: number, isCommitted: boolean, nowMs: number): void {
    const first = this.open.get(producerId)
    if (first === undefined) return
    this.open.delete(producerId)
    const last = this.highWatermark++
    this.log.push({ offset: last, record: undefined, timestampMs: nowMs, producerId })
    if (!isCommitted) this.aborted.push({ producerId, first, last })
  }

  /** @returns undefined when the offset is out of range */
  read(from: number, isolation: IsolationLevel, maxRecords: number): Fetched | undefined {
    if (from < this.logStartOffset || from > this.highWatermark) return undefined
    const end = isolation === 'read_committed' ? this.lastStableOffset : this.highWatermark
    const entries: LogEntry[] = []
    for (const entry of this.log) {
      if (entry.offset < from) continue
      if (entry.offset >= end) break
      if (entries.length === maxRecords) return { entries, nextOffset: entry.offset }
      if (this.isVisible(entry, isolation)) entries.push(entry)
    }
    return { entries, nextOffset: Math.max(from, end) }
  }

  /** The first record of a time or later, else the end. */
  offsetAt(timestampMs: number): number {
    return (
      this.log.find((each) => each.record !== undefined && each.timestampMs >= timestampMs)?.offset ??
      this.highWatermark
    )
  }

  /** Removes what lies before an offset, as retention does. */
  truncate(before: number): void {
    this.logStartOffset = Math.min(Math.max(before, this.logStartOffset), this.highWatermark)
    this.log = this.log.filter(({ offset }) => offset >= this.logStartOffset)
  }

  /** Keeps the last committed record of every key, as compaction does; what is not decided yet stays. */
  compact(): void {
    const isDecided = ({ offset }: LogEntry) => offset < this.lastStableOffset
    const last = new Map<string, number>()
    const keyOf = ({ record }: LogEntry) => Buffer.from(record?.key ?? []).toString('hex')
    for (const entry of this.log) {
      if (isDecided(entry) && this.isVisible(entry, 'read_committed')) last.set(keyOf(entry), entry.offset)
    }
    this.log = this.log.filter((entry) => !isDecided(entry) || last.get(keyOf(entry)) === entry.offset)
  }

  private isVisible({ offset, record, producerId }: LogEntry, isolation: IsolationLevel): boolean {
    if (record === undefined) return false
    if (isolation === 'read_uncommitted' || producerId === undefined) return true
    return !this.aborted.some((each) => each.producerId === producerId && offset >= each.first && offset < each.last)
  }
}
