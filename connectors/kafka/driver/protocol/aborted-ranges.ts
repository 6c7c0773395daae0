/**
 * Which batches a read_committed reader leaves out.
 *
 * A fetch names the aborted transactions that reach into it by producer and first offset. From there on the producer's
 * transactional batches are void, up to the control batch that says so.
 */

import type { AbortedTransaction } from './fetch.ts'
import type { BatchHeader } from './record-batch.ts'
import { ATTRIBUTES } from './record-batch.ts'

export class AbortedRanges {
  private readonly transactions: readonly AbortedTransaction[]
  private next = 0
  private readonly open = new Set<number>()

  /** @param transactions ordered by their first offset; none as read_uncommitted */
  constructor(transactions: readonly AbortedTransaction[]) {
    this.transactions = transactions
  }

  /** Of data batches, to be asked in order. */
  isAborted(batch: BatchHeader): boolean {
    this.openUntil(batch.lastOffset)
    return (batch.attributes & ATTRIBUTES.TRANSACTIONAL) !== 0 && this.open.has(batch.producerId)
  }

  /** A control batch: no transaction of its producer is open behind it. */
  end(batch: BatchHeader): void {
    this.openUntil(batch.lastOffset)
    this.open.delete(batch.producerId)
  }

  private openUntil(offset: number): void {
    for (; this.next < this.transactions.length; this.next++) {
      const { producerId, firstOffset } = this.transactions[this.next]!
      if (firstOffset > offset) return
      this.open.add(producerId)
    }
  }
}
