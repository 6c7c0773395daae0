import { describe, expect, it } from 'vitest'
import { WindowProgress } from '../../../operators/window/window-progress.ts'
import type { OperatorContext } from '../../../topology/contract/operator.ts'
import type { Json } from '../../../topology/json.ts'

function progressOf(subtask: number, parallelism: number, entries: Readonly<Record<string, Json>>) {
  const asked: (() => ReadonlyMap<string, Json>)[] = []
  const restored = new Map(Object.entries(entries))
  const split = () => ({ restored, onSnapshot: (ask: (typeof asked)[number]) => asked.push(ask) })
  const context = { subtask, parallelism, keyGroups: 4, state: { split } } as unknown as OperatorContext
  return { progress: new WindowProgress(context), written: () => asked[0]!() }
}

describe('how far windows have come', () => {
  it('is nowhere at a first start', () => {
    const { progress } = progressOf(0, 1, {})
    expect([progress.watermarkMs, progress.drainedEndMs, progress.leastRestoredMs]).toEqual([
      -Infinity,
      -Infinity,
      -Infinity,
    ])
  })

  it('is judged by the greatest watermark after a rescale, and fired by that of who had the key group', () => {
    // One of two has come further than the other, as when a channel was idle for it only.
    const { progress, written } = progressOf(0, 1, { parallelism: 2, 'watermark/0': 120, 'watermark/1': 70 })
    expect(progress.watermarkMs).toBe(120)
    expect([0, 1, 2, 3].map((keyGroup) => progress.restoredMs(keyGroup))).toEqual([120, 120, 70, 70])
    expect(progress.leastRestoredMs).toBe(70)
    expect(Object.fromEntries(written())).toEqual({ parallelism: 1, 'watermark/0': 120 })
  })

  it('has not begun for key groups of a subtask without a watermark', () => {
    const { progress } = progressOf(1, 2, { parallelism: 4, 'watermark/0': 120 })
    expect([0, 1].map((keyGroup) => progress.restoredMs(keyGroup))).toEqual([120, -Infinity])
  })

  it('passes no watermark of a drain', () => {
    const { progress } = progressOf(0, 1, {})
    progress.pass(5)
    progress.pass(Number.POSITIVE_INFINITY)
    progress.drained(40)
    progress.drained(30)
    expect([progress.watermarkMs, progress.drainedEndMs]).toEqual([5, 40])
  })
})
