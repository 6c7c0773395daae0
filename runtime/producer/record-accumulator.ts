/** Gathers records and appends them together: a group commit. */
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { OutgoingRecord, RecordMetadata } from '../../topology/contract/topic.ts'

export type Append = (records: readonly OutgoingRecord[]) => Promise<readonly RecordMetadata[]>

interface Entry {
  readonly record: OutgoingRecord
  readonly resolve: (metadata: RecordMetadata) => void
  readonly reject: (error: unknown) => void
}

/**
 * One append at a time, in the order of `add`. Everything added in one turn of the event loop goes into one append, and so
 * does everything that comes while another is under way; a batch ends with the record that reaches `maxBatchBytes`.
 */
export class RecordAccumulator {
  private readonly append: Append
  private readonly maxBatchBytes: number
  private waiting: Entry[] = []
  private running: Promise<void> | undefined

  constructor(append: Append, maxBatchBytes: number) {
    this.append = append
    this.maxBatchBytes = maxBatchBytes
  }

  /** Resolves when the record's append has been acknowledged; rejects with what the append throws. */
  add(record: OutgoingRecord): Promise<RecordMetadata> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ record, resolve, reject })
      this.running ??= this.run()
    })
  }

  /** Resolves when all that was added has been acknowledged or refused. */
  async flush(): Promise<void> {
    await this.running
  }

  private async run(): Promise<void> {
    await nextTurn()
    while (this.waiting.length > 0) {
      await this.appendBatch(this.takeBatch())
      // Whoever waited for this append adds its next record now: together again, not one by one.
      await nextTurn()
    }
    this.running = undefined
  }

  private async appendBatch(batch: readonly Entry[]): Promise<void> {
    try {
      const metadata = await this.append(batch.map(({ record }) => record))
      for (let i = 0; i < batch.length; i++) batch[i]!.resolve(metadata[i]!)
    } catch (error) {
      for (const { reject } of batch) reject(error)
    }
  }

  private takeBatch(): readonly Entry[] {
    let taken = 0
    let sizeBytes = 0
    while (taken < this.waiting.length && sizeBytes < this.maxBatchBytes) {
      const { value, key } = this.waiting[taken++]!.record
      sizeBytes += (value?.length ?? 0) + (key?.length ?? 0)
    }
    const batch = this.waiting.slice(0, taken)
    this.waiting = this.waiting.slice(taken)
    return batch
  }
}
