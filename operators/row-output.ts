/** Gathers the rows that an operator makes one by one, and sends them in batches. */
import type { OperatorContext } from '../topology/contract/operator.ts'
import { Batch, MAX_BATCH_ROWS, RowKind } from '../topology/element.ts'

/** Of one port. Whoever pushes flushes before it returns to the runtime: nothing may lie here at a barrier. */
export class RowOutput {
  private readonly context: OperatorContext
  private readonly port: string
  private rows: unknown[] = []
  private timestampsMs: number[] = []
  private kinds: RowKind[] = []
  private onlyInserts = true

  constructor(context: OperatorContext, port = 'out') {
    this.context = context
    this.port = port
  }

  /** Adds a row; of a stream without event times all rows have none. */
  push(row: unknown, timestampMs: number | undefined, kind: RowKind = RowKind.insert): void {
    this.rows.push(row)
    if (timestampMs !== undefined) this.timestampsMs.push(timestampMs)
    this.kinds.push(kind)
    if (kind !== RowKind.insert) this.onlyInserts = false
    if (this.rows.length === MAX_BATCH_ROWS) this.flush()
  }

  flush(): void {
    const { rows, timestampsMs, kinds } = this
    if (rows.length === 0) return
    const batch = new Batch(rows, {
      timestampsMs: timestampsMs.length === rows.length ? Float64Array.from(timestampsMs) : undefined,
      kinds: this.onlyInserts ? undefined : Uint8Array.from(kinds),
    })
    this.rows = []
    this.timestampsMs = []
    this.kinds = []
    this.onlyInserts = true
    this.context.emit(this.port, batch)
  }
}
