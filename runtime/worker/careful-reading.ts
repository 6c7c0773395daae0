/** Reads a source record by record where a record is known, or suspected, to fail the job. */
import type { SourceReader, SourceRecord, SplitState } from '../../topology/contract/source.ts'
import { Batch } from '../../topology/element.ts'
import { type Poison, poisonedRow } from '../../topology/poisoned-record.ts'
import { isBehind, originOf, stampOrigin } from './record-origin.ts'

export interface CarefulOptions {
  readonly reader: SourceReader
  readonly splits: readonly SplitState[]
  /** Records that are not to be processed, also those that a checkpoint has got past. */
  readonly poison: readonly Poison[]
  /** So many records, from the first on, may hold the one that fails: each is stamped with its place. */
  readonly suspects: number
}

/** Rows per batch: larger batches outlive the young generation. */
const MAX_BATCH_ROWS = 1024

export class CarefulReading {
  private readonly options: CarefulOptions
  /** By origin. */
  private readonly poison: Map<string, Poison>
  private suspects: number

  constructor(options: CarefulOptions) {
    this.options = options
    this.suspects = options.suspects
    const own = new Map(options.splits.map(({ id, position }) => [id, position]))
    const toCome = options.poison.filter(({ split, position }) => own.has(split) && !isBehind(position, own.get(split)))
    this.poison = new Map(toCome.map((each) => [originOf(each.split, each.position), each]))
  }

  get maxRows(): number {
    return this.isCareful ? 1 : MAX_BATCH_ROWS
  }

  /** What was polled, and which input of the stage it is for. */
  judge(polled: Batch): { readonly batch: Batch; readonly input: number } {
    if (!this.isCareful) return { batch: polled, input: 0 }
    this.suspects--
    const { reader, splits } = this.options
    const batch = stampOrigin(polled, reader, splits)
    const poison = batch.origin === undefined ? undefined : this.poison.get(batch.origin)
    if (poison === undefined) return { batch, input: 0 }
    this.poison.delete(batch.origin!)
    const rows = (batch.values as readonly SourceRecord[]).map((record) => poisonedRow(record, poison))
    return { batch: new Batch(rows, { split: batch.split }), input: 1 }
  }

  private get isCareful(): boolean {
    return this.suspects > 0 || this.poison.size > 0
  }
}
