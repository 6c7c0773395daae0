/** STYLE's checklist, and what cases for it are put together from. */
import type { Outcome, Script } from './script.ts'

export const CHECKLIST = [
  'empty',
  'never',
  'one',
  'many',
  'error',
  'callback throws',
  'late',
  'watermark',
  'barrier',
  'early stop',
] as const

export interface Case extends Script {
  readonly expected: Outcome
}

export type Cases = Readonly<Record<(typeof CHECKLIST)[number], Case>>

/** An item as it comes out again. */
export const item = (key: string, atMs: number, n: number) => ({ key, n, at: `${atMs * 1000}n` })
export const total = (key: string, startMs: number, total: number, items: number) => ({
  key,
  start: `${startMs * 1000}n`,
  total,
  items: `${items}n`,
})
export const failed = (uid: string) => ({ code: 'OPERATOR_FAILED', uid })

export const nothing: Pick<Cases, 'empty' | 'never'> = {
  empty: { steps: [], end: 'drain', expected: { rows: {} } },
  never: { steps: [], end: 'stop', expected: { rows: {} } },
}
