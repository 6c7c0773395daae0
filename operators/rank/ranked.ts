/** The first rows of an order: what ranking operators are told, and the array that a row is put into where it belongs. */
import { dynamic, list } from '../../topology/codec/index.ts'
import type { ValueCodec } from '../../topology/contract/state.ts'
import { TopologyError } from '../../topology/errors.ts'
import type { Flat } from '../../topology/stream.ts'
import type { Comparison, OrderBy } from './order.ts'

/** They are kept as one value, which a checkpoint writes as a whole. */
const MOST_ROWS = 10_000

export interface RankOptions<F extends string, R extends string> {
  /** How many rows are kept, from the first on. */
  readonly n: number
  /** Which rows come first: of equal ones those that came earlier. */
  readonly orderBy: OrderBy<F>
  /**
   * A column for the place of each row, from 1: one that the rows don't have yet.
   *
   * @default none: rows stay as they are
   */
  readonly rank?: R
  /**
   * Names the operator's state, where the default would collide.
   *
   * @default the operator with its fields
   */
  readonly name?: string
}

/** A row with its rank, if it is to have one. */
export type RankedRow<T, R extends string> = [R] extends [never] ? T : Flat<T & { [N in R]: number }>

/** A rank that has a name of its own; else what is wrong, to be read in the error. */
export type RankOf<T, R extends string> = R extends keyof T
  ? { readonly 'the rows have this column already': R }
  : unknown

/** The rows of a key, the first one first. It is changed in place. */
export const rankedRows: ValueCodec<unknown[]> = list(dynamic as ValueCodec<unknown>)

/** @throws {TopologyError} `TOP_N` */
export function checkRows(uid: string, n: number): void {
  if (Number.isInteger(n) && n >= 1 && n <= MOST_ROWS) return
  throw new TopologyError('TOP_N', `${uid} can't keep ${n} rows`, {
    fix: `Keep a whole number of rows from 1 to ${MOST_ROWS}.`,
    details: { uid },
  })
}

/**
 * Puts `row` behind all that come before it or are equal to it, and keeps the first `n`. Returns its place, or −1 when it
 * is not among them.
 */
export function rankInto(rows: unknown[], row: unknown, n: number, compare: Comparison): number {
  let [from, to] = [0, rows.length]
  if (to === n && compare(rows[n - 1], row) <= 0) return -1
  while (from < to) {
    const middle = (from + to) >> 1
    if (compare(rows[middle], row) <= 0) from = middle + 1
    else to = middle
  }
  rows.splice(from, 0, row)
  if (rows.length > n) rows.length = n
  return from
}

/** The row as it goes out from `place`, counted from 0. */
export function withRank(row: unknown, place: number, rank: string | undefined): unknown {
  return rank === undefined ? row : { ...(row as object), [rank]: place + 1 }
}
