/**
 * What flows along a channel: batches of records, and the control elements that ride between them.
 *
 * Control elements never overtake a batch, go to every output of an operator and need no credit.
 */

import { columnReader } from './column-reader.ts'
import type { EncodedColumn, Slices } from './encoded-column.ts'

export type Element<T = any> = Batch<T> | Watermark | Idle | Barrier | EndOfInput

/** How a row changes the result it belongs to; a batch without kinds holds inserts only. */
export const RowKind = { insert: 0, updateBefore: 1, updateAfter: 2, delete: 3 } as const
export type RowKind = (typeof RowKind)[keyof typeof RowKind]

/** What a batch may carry beside its rows. */
export interface BatchAttributes {
  /** Event time of each row, milliseconds since the epoch; absent until one is assigned. */
  readonly timestampsMs?: Float64Array | undefined
  /** Key group of each row, once the batch has been hashed. */
  readonly keyGroups?: Uint16Array | undefined
  /** Key of each row (see topology/key.ts), once the batch has been keyed. */
  readonly keys?: readonly Key[] | undefined
  /** Row kind of each row; absent when all are inserts. */
  readonly kinds?: Uint8Array | undefined
  /** The split all rows came from, while they are still in the source's chain. */
  readonly split?: number | undefined
  /** Where its one record came from, when a job looks for a record that fails: `split@position`. */
  readonly origin?: string | undefined
}

/** Rows that are made when somebody first asks, as from columns. */
export interface LazyRows<T = any> {
  readonly length: number
  /** Called once at most. */
  make(): readonly T[]
  /** One field of every row; undefined when only the rows can tell. */
  column?(name: string): ArrayLike<unknown> | undefined
  /** The same as typed arrays, where it lies so. */
  encoded?(name: string): EncodedColumn | undefined
  /** A field of byte strings, where they lie in one piece of memory. */
  slices?(name: string): Slices | undefined
}

/** A key as state backends index it: a primitive, or the encoded form of a composite one. */
export type Key = string | number | bigint | boolean

/** What makes rows one by one puts no more of them into a batch: larger ones outlive the young generation. */
export const MAX_BATCH_ROWS = 1024

/**
 * A batch of rows, 256–1,024 as a rule: larger ones outlive the young generation and halve the throughput.
 *
 * Rows are made from columns, and columns from rows, when somebody first asks. A row may be shared by several
 * consumers: nobody changes a row that another operator made.
 */
export class Batch<T = any> {
  readonly kind = 'batch' as const
  readonly length: number
  readonly timestampsMs: Float64Array | undefined
  readonly keyGroups: Uint16Array | undefined
  readonly keys: readonly Key[] | undefined
  readonly kinds: Uint8Array | undefined
  readonly split: number | undefined
  readonly origin: string | undefined
  private rows: readonly T[] | undefined
  private readonly lazy: LazyRows<T> | undefined
  /** Made with the first column: most batches have none. */
  private columns: Map<string, ArrayLike<unknown>> | undefined

  constructor(rows: readonly T[] | LazyRows<T>, attributes: BatchAttributes = {}) {
    if (Array.isArray(rows)) this.rows = rows
    else this.lazy = rows as LazyRows<T>
    this.length = rows.length
    this.timestampsMs = attributes.timestampsMs
    this.keyGroups = attributes.keyGroups
    this.keys = attributes.keys
    this.kinds = attributes.kinds
    this.split = attributes.split
    this.origin = attributes.origin
  }

  /** Row objects, in order. */
  get values(): readonly T[] {
    this.rows ??= this.lazy!.make()
    return this.rows
  }

  /** One field of every row, in order. */
  column(name: keyof T & string): ArrayLike<unknown> {
    let column = this.columns?.get(name)
    if (column === undefined) {
      column = this.lazy?.column?.(name) ?? columnReader(name)(this.values)
      this.columns ??= new Map()
      this.columns.set(name, column)
    }
    return column
  }

  /** The field as typed arrays, when it is there so: for who writes columns, and would make no row. */
  encoded(name: keyof T & string): EncodedColumn | undefined {
    return this.lazy?.encoded?.(name)
  }

  /** The field's byte strings, when they lie in one piece of memory. */
  slices(name: keyof T & string): Slices | undefined {
    return this.lazy?.slices?.(name)
  }
}

/** No record with an event time ≤ `timestampMs` is expected any more, on this split or (without one) on this channel. */
export interface Watermark {
  readonly kind: 'watermark'
  readonly timestampMs: number
  /** Inside a source's chain: the split it speaks of. A first one at −Infinity announces the split. */
  readonly split?: number | undefined
}

/** The channel (or split) has nothing to say for now: it is left out of the minimum until its next batch or watermark. */
export interface Idle {
  readonly kind: 'idle'
  readonly split?: number | undefined
}

/** What follows belongs to the interval after checkpoint `checkpointId`. */
export interface Barrier {
  readonly kind: 'barrier'
  readonly epoch: bigint
  readonly checkpointId: bigint
  /** When the coordinator let it go, milliseconds since the epoch. */
  readonly triggeredAtMs: number
}

/** No batch follows, only the last barrier. With `drain`, open windows have been closed. */
export interface EndOfInput {
  readonly kind: 'end'
  readonly drain: boolean
}

/** The watermark that closes every window: sent before EndOfInput when a job drains. */
export const MAX_WATERMARK_MS = Number.POSITIVE_INFINITY
/** The watermark before any record was seen. */
export const MIN_WATERMARK_MS = Number.NEGATIVE_INFINITY
