/** A source that hands out no more rows than a test has let through, over all of its readers. */
import type { Source, SourceReader } from '../../topology/contract/source.ts'

export class Gate {
  private left: number
  private readonly waiting = new Set<() => void>()

  constructor(rows: number) {
    this.left = rows
  }

  /** Lets so many rows more through. */
  open(rows: number): void {
    this.left += rows
    for (const wake of this.waiting) wake()
    this.waiting.clear()
  }

  /** How many rows have not gone through yet. */
  get rest(): number {
    return this.left
  }

  source(source: Source): Source {
    return { ...source, createReader: (context) => this.reader(source.createReader(context)) }
  }

  private reader(reader: SourceReader): SourceReader {
    return {
      assign: (splits) => reader.assign(splits),
      poll: (maxRows) => {
        if (this.left === 0) return undefined
        const batch = reader.poll(Math.min(maxRows, this.left))
        if (batch instanceof Promise) throw new Error('a gate is for readers that answer at once')
        this.left -= batch?.length ?? 0
        return batch
      },
      wait: (_timeoutMs, signal) =>
        new Promise((resolve) => {
          this.waiting.add(resolve)
          signal.addEventListener('abort', () => resolve(), { once: true })
        }),
      atEnd: (splitId) => reader.atEnd(splitId),
      snapshot: () => reader.snapshot(),
      close: () => reader.close(),
    }
  }
}
