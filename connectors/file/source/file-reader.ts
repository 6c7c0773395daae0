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

export class FileReader implements SourceReader {
  readBytes = 0
  private readonly clock: Clock
  private readonly open: (split: SplitState, from: FilePosition) => Promise<SplitReader>
  private readonly splits: Split[] = []
  private reading: Split[] = []
  private waiting: Split[] = []
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
      while (this.reading.length < OPEN_AT_ONCE && this.waiting.length > 0) this.reading.push(this.waiting.shift()!)
      if (this.reading.length === 0) return undefined
      const split = this.reading[this.turn++ % this.reading.length]!
      split.reader ??= await this.open(split.state, parsePosition(split.position))
      const records = await split.reader.read(maxRows)
      split.position = split.reader.position
      if (split.reader.atEnd) await this.finish(split)
      if (records.length === 0) continue
      for (const { value } of records) this.readBytes += value.length
      return new Batch(records, { split: split.state.index })
    }
  }

  wait(timeoutMs: number, signal: AbortSignal): Promise<void> {
    if (this.reading.length > 0 || this.waiting.length > 0 || signal.aborted) return Promise.resolve()
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
