/** STYLE's checklist for an operator that keeps nothing: what comes of a record does not depend on when it comes. */
import type { Json } from '../../../topology/json.ts'
import { barrier, batch, type Cases, drained, interrupted, nothing, restart, stopped, watermark } from './checklist.ts'
import { POISON } from './poison.ts'
import type { Row } from './script.ts'

export interface Stateless {
  /** The operator that a record fails in whose n is poison. */
  readonly uid: string
  /** By output: what comes of a record. */
  readonly of: (key: string, atMs: number, n: number) => Readonly<Record<string, readonly Json[]>>
}

type Given = readonly [key: string, atMs: number, n: number]

const A: Given = ['a', 1, 1]
const B: Given = ['b', 2, 2]
const A_AGAIN: Given = ['a', 3, 3]
const POISONED: Row = ['a', 4, POISON]

export function stateless({ uid, of }: Stateless): Cases {
  const rowsOf = (...records: readonly Given[]) => {
    const rows: Record<string, Json[]> = {}
    for (const record of records) {
      for (const [port, made] of Object.entries(of(...record))) rows[port] = [...(rows[port] ?? []), ...made]
    }
    return rows
  }
  const all = rowsOf(A, B, A_AGAIN)
  return {
    ...nothing,
    one: drained([batch(A)], rowsOf(A)),
    many: drained([batch(A, B), batch(A_AGAIN)], all),
    ...interrupted({
      steps: [batch(A, B)],
      rows: rowsOf(A, B),
      more: [batch(A_AGAIN)],
      poison: [batch(A, POISONED)],
      uid,
    }),
    late: drained([watermark(100), batch(A, B), watermark(200), batch(A_AGAIN)], all),
    watermark: stopped([watermark(0), batch(A), watermark(2), batch(B, A_AGAIN), barrier], all),
    barrier: drained([batch(A), restart, batch(B), restart, batch(A_AGAIN)], all),
  }
}
