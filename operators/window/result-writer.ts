/** Sends results out, each with its event time, in batches. */
import type { OperatorContext } from '../../topology/contract/operator.ts'
import { Batch, MAX_BATCH_ROWS } from '../../topology/element.ts'

export class ResultWriter {
  private readonly context: Pick<OperatorContext, 'emit'>
  private rows: unknown[] = []
  private readonly timesMs = new Float64Array(MAX_BATCH_ROWS)

  constructor(context: Pick<OperatorContext, 'emit'>) {
    this.context = context
  }

  /** An event time of −∞ is none: then no row of the batch has one. */
  write(row: unknown, timestampMs: number): void {
    this.timesMs[this.rows.length] = timestampMs
    this.rows.push(row)
    if (this.rows.length === MAX_BATCH_ROWS) this.flush()
  }

  /** To be called before control returns to the runtime. */
  flush(): void {
    if (this.rows.length === 0) return
    const timestampsMs = this.timesMs.slice(0, this.rows.length)
    const rows = this.rows
    this.rows = []
    this.context.emit('out', new Batch(rows, timestampsMs.includes(Number.NEGATIVE_INFINITY) ? {} : { timestampsMs }))
  }
}
