/** Reads splits of files in turn, a few at a time, in the order they were given. */
import type { Clock } from '../../../topology/contract/clock.ts'
import type { SourceReader, SourceRecord, SplitState } from '../../../topology/contract/source.ts'
import { Batch } from '../../../topology/element.ts'
import { type FilePosition, parsePosition } from './position.ts'
import type { SplitReader } from './split-reader.ts'

/** Each open file holds a chunk or a row group in memory. */
const OPEN_AT_ONCE = 8

interface Split {
  readonly state: SplitState
  reader: SplitReader | undefined
  /** While no reader has it. */
  position: string
}

/** Splits behind those that are open wait for their turn, so that memory does not grow with the number of files. */
export class FileReader implements SourceReader {
  readBytes = 0
  private readonly clock: Clock
  private readonly open: (split: SplitState, from: FilePosition) => Promise<SplitReader>
  private readonly splits: Split[] = []
  private reading: Split[] = []
  private waiting: Split[] = []
  /** Ids of those that are to rest, open or not. */
  private readonly paused = new Set<string>()
  private turn = 0
  private wake: (() => void) | undefined

  constructor(clock: Clock, open: (split: SplitState, from: FilePosition) => Promise<SplitReader>) {
    this.clock = clock
    this.open = open
  }

  async assign(splits: readonly SplitState[]): Promise<void> {
    for (const state of splits) {
      const split = { state, reader: undefined, position: String(state.position) }
      this.splits.push(split)
      if (!isAtEnd(split)) this.waiting.push(split)
    }
    this.wake?.()
  }

  async poll(maxRows: number): Promise<Batch<SourceRecord> | undefined> {
    for (;;) {
      const active = this.active()
      if (active.length === 0) return undefined
      const split = active[this.turn++ % active.length]!
      split.reader ??= await this.open(split.state, parsePosition(split.position))
      const records = await split.reader.read(maxRows)
      split.position = split.reader.position
      if (split.reader.atEnd) await this.finish(split)
      if (records.length === 0) continue
      for (const { value } of records) this.readBytes += value!.length
      const timestampsMs = Float64Array.from(records, ({ timestampMs }) => timestampMs)
      return new Batch(records, { split: split.state.index, timestampsMs })
    }
  }

  pauseOrResume(pause: readonly string[], resume: readonly string[]): void {
    for (const id of pause) this.paused.add(id)
    for (const id of resume) this.paused.delete(id)
    this.wake?.()
  }

  wait(timeoutMs: number, signal: AbortSignal): Promise<void> {
    if (this.active().length > 0 || signal.aborted) return Promise.resolve()
    return new Promise((resolve) => {
      const done = () => {
        timer[Symbol.dispose]()
        this.wake = undefined
        signal.removeEventListener('abort', done)
        resolve()
      }
      const timer = this.clock.schedule(timeoutMs, done)
      this.wake = done
      signal.addEventListener('abort', done)
    })
  }

  atEnd(splitId: string): boolean {
    const split = this.splits.find(({ state }) => state.id === splitId)
    return split !== undefined && isAtEnd(split)
  }

  snapshot(): readonly SplitState[] {
    return this.splits.map(({ state, position }) => ({ ...state, position }))
  }

  async close(): Promise<void> {
    await Promise.all(this.splits.map(({ reader }) => reader?.close()))
  }

  /** Those that are read in turn. One that rests takes nobody's place: it may be that which waits that it rests for. */
  private active(): readonly Split[] {
    const rests = ({ state }: Split) => this.paused.has(state.id)
    const active = this.paused.size === 0 ? this.reading : this.reading.filter((split) => !rests(split))
    if (active.length >= OPEN_AT_ONCE || this.waiting.length === 0) return active
    const next = this.waiting.filter((split) => !rests(split)).slice(0, OPEN_AT_ONCE - active.length)
    this.waiting = this.waiting.filter((split) => !next.includes(split))
    this.reading.push(...next)
    return this.paused.size === 0 ? this.reading : active.concat(next)
  }

  private async finish(split: Split): Promise<void> {
    this.reading = this.reading.filter((each) => each !== split)
    const { reader } = split
    split.reader = undefined
    await reader?.close()
  }
}

function isAtEnd({ position }: Split): boolean {
  return parsePosition(position).isEnd
}
