/** Reads a source record by record where a record is known, or suspected, to fail the job. */
import type { Clock } from '../../topology/contract/clock.ts'
import type { SourceReader, SourceRecord, SplitState } from '../../topology/contract/source.ts'
import { Batch } from '../../topology/element.ts'
import { type Poison, poisonedRow } from '../../topology/poisoned-record.ts'
import { isBehind, originOf, stampOrigin } from './record-origin.ts'

export interface CarefulOptions {
  readonly reader: SourceReader
  /** Records that are not to be processed, also those that a checkpoint has got past. */
  readonly poison: readonly Poison[]
  /** So many records, from the first on, may hold the one that fails: each is stamped with its place. */
  readonly suspects: number
  readonly clock: Clock
}

/** Rows per batch: larger batches outlive the young generation. */
const MAX_BATCH_ROWS = 1024

export class CarefulReading {
  private readonly options: CarefulOptions
  private readonly splits: SplitState[] = []
  /** By origin. */
  private readonly poison = new Map<string, Poison>()
  private suspects: number

  constructor(options: CarefulOptions) {
    this.options = options
    this.suspects = options.suspects
  }

  /** These are read here, each from its position on. */
  add(splits: readonly SplitState[]): void {
    this.splits.push(...splits)
    const own = new Map(splits.map(({ id, position }) => [id, position]))
    for (const each of this.options.poison) {
      const { split, position } = each
      if (own.has(split) && !isBehind(position, own.get(split))) this.poison.set(originOf(split, position), each)
    }
  }

  get maxRows(): number {
    return this.isCareful ? 1 : MAX_BATCH_ROWS
  }

  /** What was polled, and which input of the stage it is for. */
  judge(polled: Batch): { readonly batch: Batch; readonly input: number } {
    if (!this.isCareful) return { batch: polled, input: 0 }
    this.suspects--
    const batch = stampOrigin(polled, this.options.reader, this.splits)
    const poison = batch.origin === undefined ? undefined : this.poison.get(batch.origin)
    if (poison === undefined) return { batch, input: 0 }
    this.poison.delete(batch.origin!)
    const rows = (batch.values as readonly SourceRecord[]).map((record) =>
      poisonedRow(record, poison, this.options.clock.nowMs()),
    )
    return { batch: new Batch(rows, { split: batch.split }), input: 1 }
  }

  private get isCareful(): boolean {
    return this.suspects > 0 || this.poison.size > 0
  }
}
