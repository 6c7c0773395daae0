/** Dead letters of one topic as a bounded source. */
import type { Source, SourceReader, SourceRecord, SplitState } from '../../topology/contract/source.ts'
import { Batch } from '../../topology/element.ts'
import type { DeadLetter, DeadLetters, LetterPlace } from './dead-letters.ts'

const PAGE_ROWS = 1_024

/** A place as a checkpoint holds it. */
type Position = { readonly partition: number; readonly offset: string; readonly timestampMicros: string }

/**
 * One split, in the order of partitions and offsets. It is another one in each run: what a run chooses has nothing to do
 * with how far another one got.
 */
export function letterSource(letters: DeadLetters, topic: string, run: string): Source {
  return {
    discoverSplits: async () => [{ id: run, index: 0, start: null }],
    createReader: () => new LetterReader(letters, topic),
    close: async () => {},
  }
}

class LetterReader implements SourceReader {
  private readonly letters: DeadLetters
  private readonly topic: string
  private split: SplitState | undefined
  /** The last letter that was handed out. */
  private after: LetterPlace | undefined
  private isAtEnd = false

  constructor(letters: DeadLetters, topic: string) {
    this.letters = letters
    this.topic = topic
  }

  async assign([split]: readonly SplitState[]): Promise<void> {
    if (split === undefined) return
    this.split = split
    this.after = placeOf(split.position as Position | null)
  }

  async poll(maxRows: number): Promise<Batch<SourceRecord> | undefined> {
    if (this.split === undefined || this.isAtEnd) return undefined
    const page: readonly DeadLetter[] = await this.letters.page(this.topic, this.after, Math.min(maxRows, PAGE_ROWS))
    this.isAtEnd = page.length === 0
    if (this.isAtEnd) return undefined
    this.after = page.at(-1)
    // Of a source of the job's own: its rows are what the job says.
    return new Batch(page, { split: this.split.index }) as unknown as Batch<SourceRecord>
  }

  wait(_timeoutMs: number, signal: AbortSignal): Promise<void> {
    if (!this.isAtEnd) return Promise.resolve()
    return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
  }

  atEnd(): boolean {
    return this.isAtEnd
  }

  snapshot(): readonly SplitState[] {
    if (this.split === undefined) return []
    const { after } = this
    return [{ ...this.split, position: after === undefined ? null : positionOf(after) }]
  }

  async close(): Promise<void> {}
}

function positionOf({ partition, offset, timestampMicros }: LetterPlace): Position {
  return { partition, offset: String(offset), timestampMicros: String(timestampMicros) }
}

function placeOf(position: Position | null): LetterPlace | undefined {
  if (position === null) return undefined
  const { partition, offset, timestampMicros } = position
  return { partition, offset: BigInt(offset), timestampMicros: BigInt(timestampMicros) }
}
