/**
 * Puts small batches together, as a filter that lets few rows through makes them: all nodes behind it, and the exchange,
 * cost as much for a batch of twenty rows as for one of a thousand.
 *
 * Rows keep their order and stay in front of whatever follows them, since who holds them back lets go of them (`flush`)
 * before any other element passes, at a barrier, and when there is nothing more to read.
 */
import { Batch, type Key } from '../../topology/element.ts'

/** A batch of so many rows goes on by itself. */
const ENOUGH_ROWS = 256
/** No row waits for more than so many batches, those of which nothing came through among them. */
const MAX_BATCHES = 16

export class SmallBatches {
  private readonly emit: (batch: Batch) => void
  private held: Batch[] = []
  private rows = 0
  /** Batches since the first that is held, itself counted. */
  private waited = 0

  constructor(emit: (batch: Batch) => void) {
    this.emit = emit
  }

  get isEmpty(): boolean {
    return this.held.length === 0
  }

  /** What came through of a batch, which may be nothing. */
  add(batch: Batch): void {
    const { length } = batch
    if (length >= ENOUGH_ROWS || batch.origin !== undefined) {
      this.flush()
      if (length > 0) this.emit(batch)
      return
    }
    if (length > 0) {
      if (!this.isEmpty && !isLike(this.held[0]!, batch)) this.flush()
      this.held.push(batch)
      this.rows += length
    }
    if (!this.isEmpty && (++this.waited === MAX_BATCHES || this.rows >= ENOUGH_ROWS)) this.flush()
  }

  /** Lets go of what is held back. */
  flush(): void {
    if (this.isEmpty) return
    const { held, rows } = this
    this.held = []
    this.rows = 0
    this.waited = 0
    this.emit(held.length === 1 ? held[0]! : joined(held, rows))
  }
}

/** Whether two batches say the same kinds of things about their rows. */
function isLike(a: Batch, b: Batch): boolean {
  return (
    a.split === b.split &&
    (a.timestampsMs === undefined) === (b.timestampsMs === undefined) &&
    (a.keys === undefined) === (b.keys === undefined) &&
    (a.keyGroups === undefined) === (b.keyGroups === undefined) &&
    (a.kinds === undefined) === (b.kinds === undefined)
  )
}

function joined(batches: readonly Batch[], rows: number): Batch {
  const { timestampsMs, keyGroups, keys, kinds, split } = batches[0]!
  const values: unknown[] = []
  return new Batch(values.concat(...batches.map((batch) => batch.values)), {
    timestampsMs: timestampsMs && inOne(batches, (batch) => batch.timestampsMs!, new Float64Array(rows)),
    keyGroups: keyGroups && inOne(batches, (batch) => batch.keyGroups!, new Uint16Array(rows)),
    kinds: kinds && inOne(batches, (batch) => batch.kinds!, new Uint8Array(rows)),
    keys: keys && ([] as Key[]).concat(...batches.map((batch) => batch.keys!)),
    split,
  })
}

function inOne<A extends { readonly length: number; set(from: A, at: number): void }>(
  batches: readonly Batch[],
  partOf: (batch: Batch) => A,
  into: A,
): A {
  let at = 0
  for (const batch of batches) {
    into.set(partOf(batch), at)
    at += batch.length
  }
  return into
}
