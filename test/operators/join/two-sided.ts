/** Random scripts for operators of two inputs, and what came of one: see `twoSided`. */
import fc from 'fast-check'
import { expect } from 'vitest'
import type { Key } from '../../../topology/element.ts'
import type { Stream } from '../../../topology/stream.ts'
import { harness2, type Outputs } from '../../support/operator-harness.ts'

export interface Row {
  readonly key: Key
  readonly n: number
}

/** A row with its event time. */
export const row = (key: Key, timestampMs: number, n: number) => [{ key, n }, timestampMs] as const

type Side = 'left' | 'right'
export type Step =
  | { readonly side: Side; readonly rows: readonly { readonly key: Key; readonly atMs: number }[] }
  | { readonly side: Side; readonly watermarkMs: number }
  | { readonly restartAt: number }

const side = fc.constantFrom<Side>('left', 'right')

export interface StepsOptions {
  readonly maxMs: number
  /** All times are multiples of it. @default 1 */
  readonly everyMs?: number
}

/** Batches, watermarks of each side, and restarts at any parallelism. */
export function steps({ maxMs, everyMs = 1 }: StepsOptions): fc.Arbitrary<Step[]> {
  const atMs = fc.integer({ min: 0, max: maxMs / everyMs }).map((times) => times * everyMs)
  const rows = fc.array(fc.record({ key: fc.constantFrom('a', 'b', 3), atMs }), { minLength: 1, maxLength: 4 })
  return fc.array(
    fc.oneof(
      { weight: 8, arbitrary: fc.record({ side, rows }) },
      { weight: 3, arbitrary: fc.record({ side, watermarkMs: atMs }) },
      { weight: 1, arbitrary: fc.record({ restartAt: fc.constantFrom(1, 2, 3) }) },
    ),
    { maxLength: 40 },
  )
}

/** A row that went in: when it was, and how far the watermark had come. */
export interface Sent {
  readonly value: Row
  readonly atMs: number
  /** At or before the watermark of that moment. */
  readonly isLate: boolean
  readonly watermarkMs: number
}

/** What came of a script: each row out with its event time as `at`, in order. */
export interface Outcome<O> {
  readonly rows: (O & { at: number })[]
  /** The n of late rows. */
  readonly late: { readonly left: number[]; readonly right: number[] }
  readonly left: readonly Sent[]
  readonly right: readonly Sent[]
  /** All rows in the order they went in. */
  readonly sent: readonly (Sent & { readonly side: Side })[]
  /** The merged watermark at the end. */
  readonly watermarkMs: number
}

/**
 * Runs a script by hand. Every row has another n. No row may come out at or before a watermark that came out before it, but
 * for `latenessMs`.
 */
export async function twoSided<O extends object>(
  build: (left: Stream<Row>, right: Stream<Row>) => Stream<O> | (Outputs & { readonly out: Stream<O> }),
  script: readonly Step[],
  latenessMs = 0,
): Promise<Outcome<O>> {
  const open = () => harness2<Row, Row, any>(build as never)
  let run = await open()
  let parallelism = 1
  let n = 0
  const rows: (O & { at: number })[] = []
  const late = { left: [] as number[], right: [] as number[] }
  const sent: (Sent & { side: Side })[] = []
  const watermarks = { left: Number.NEGATIVE_INFINITY, right: Number.NEGATIVE_INFINITY }
  let watermarkMs = Number.NEGATIVE_INFINITY
  const collectOf = (subtask: number) => {
    let outMs = Number.NEGATIVE_INFINITY
    for (const element of run.elementsOf(subtask, 'out')) {
      if (element.kind === 'watermark') outMs = element.timestampMs
      if (element.kind !== 'batch') continue
      for (const [index, value] of element.values.entries()) {
        const at = element.timestampsMs![index]!
        expect(at).toBeGreaterThan(outMs - latenessMs)
        rows.push({ ...value, at })
      }
    }
  }
  const collect = () => {
    for (let subtask = 0; subtask < parallelism; subtask++) collectOf(subtask)
    for (const each of ['left', 'right'] as const) {
      const port = each === 'left' ? 'lateLeft' : 'lateRight'
      if (run.ports.includes(port)) late[each].push(...(run.rows(port) as Row[]).map(({ n }) => n))
    }
  }
  for (const step of script) {
    if ('restartAt' in step) {
      collect()
      parallelism = step.restartAt
      run = await run.restart({ parallelism })
      // Sources say again how far they are.
      for (const each of ['left', 'right'] as const) {
        if (Number.isFinite(watermarks[each])) run[each].watermark(watermarks[each])
      }
    } else if ('watermarkMs' in step) {
      watermarks[step.side] = Math.max(watermarks[step.side], step.watermarkMs)
      watermarkMs = Math.max(watermarkMs, Math.min(watermarks.left, watermarks.right))
      run[step.side].watermark(watermarks[step.side])
    } else {
      const timed = step.rows.map(({ key, atMs }) => row(key, atMs, n++))
      for (const [value, atMs] of timed) {
        sent.push({ side: step.side, value, atMs, isLate: atMs <= watermarkMs, watermarkMs })
      }
      run[step.side].timed(timed)
    }
  }
  collect()
  // Subtasks are in no order.
  for (const all of [late.left, late.right]) all.sort((a, b) => a - b)
  const of = (each: Side) => sent.filter((row) => row.side === each)
  return { rows, late, left: of('left'), right: of('right'), sent, watermarkMs }
}
