/** STYLE's checklist, and what cases for it are put together from. */
import type { Outcome, Row, Script, Step } from './script.ts'

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

/** One batch, to the first input; `left` is its name in a join. */
export const left = (...rows: readonly Row[]): Step => ({ rows })
/** One batch, to the second input. */
export const right = (...rows: readonly Row[]): Step => ({ rows, input: 1 })
export const batch = left
export const watermark = (watermark: number): Step => ({ watermark })
export const barrier: Step = { barrier: true }
export const restart: Step = { restart: true }

/** The input ends: windows are closed, timers fire. */
export const drained = (steps: readonly Step[], rows: Outcome['rows']): Case => ({
  steps,
  end: 'drain',
  expected: { rows },
})
/** With a savepoint: what waits for a watermark goes on waiting. */
export const stopped = (steps: readonly Step[], rows: Outcome['rows']): Case => ({
  steps,
  end: 'stop',
  expected: { rows },
})

export interface Interrupted {
  /** What brings out all of `rows`. */
  readonly steps: readonly Step[]
  readonly rows: Outcome['rows']
  /** What would bring out more behind that. */
  readonly more: readonly Step[]
  /** What a function of the operator's user can't stand. */
  readonly poison: readonly Step[]
  readonly uid: string
}

/** A barrier, and behind it more that ends ill: what was before is committed, what came after is not. */
export function interrupted({
  steps,
  rows,
  more,
  poison,
  uid,
}: Interrupted): Pick<Cases, 'error' | 'callback throws' | 'early stop'> {
  return {
    error: {
      steps: [...steps, barrier, ...more, { error: 'the source is gone' }],
      end: 'failure',
      expected: { rows, error: { code: 'INTERNAL' } },
    },
    'callback throws': {
      steps: [...steps, barrier, ...poison],
      end: 'failure',
      expected: { rows, error: failed(uid) },
    },
    'early stop': { steps: [...steps, barrier, ...more], end: 'cancel', expected: { rows } },
  }
}

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
