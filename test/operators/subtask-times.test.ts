import { describe, expect, it } from 'vitest'
import { restoredTime, timeEntries } from '../../operators/watermark/subtask-times.ts'
import type { Json } from '../../topology/json.ts'

const NONE = Number.NEGATIVE_INFINITY

/** The entries of subtasks with these watermarks, put together as a coordinator does. */
const entriesOf = (...watermarksMs: number[]): Map<string, Json> =>
  new Map(
    watermarksMs.flatMap((watermark, subtask) => [
      ...timeEntries({ subtask, parallelism: watermarksMs.length }, { watermark }),
    ]),
  )
const at = (subtask: number, parallelism: number) => ({ subtask, parallelism })

describe('restoredTime', () => {
  it('is −∞ at a first start', () => {
    for (const afterRescale of ['greatest', 'least'] as const) {
      expect(restoredTime(at(0, 1), new Map(), 'watermark', afterRescale)).toBe(NONE)
      expect(restoredTime(at(1, 3), new Map(), 'watermark', afterRescale)).toBe(NONE)
    }
  })

  it("is the subtask's own at the same parallelism", () => {
    const restored = entriesOf(50, 100, NONE)
    for (const afterRescale of ['greatest', 'least'] as const) {
      const times = [0, 1, 2].map((subtask) => restoredTime(at(subtask, 3), restored, 'watermark', afterRescale))
      expect(times).toEqual([50, 100, NONE])
    }
  })

  it('is the greatest or the least of all at another, where one without a time has promised nothing', () => {
    expect(restoredTime(at(0, 2), entriesOf(50, 100, NONE), 'watermark', 'greatest')).toBe(100)
    expect(restoredTime(at(0, 2), entriesOf(50, 100, NONE), 'watermark', 'least')).toBe(NONE)
    expect(restoredTime(at(3, 4), entriesOf(50, 100, 70), 'watermark', 'least')).toBe(50)
  })

  it('takes a checkpoint that does not tell its parallelism for one of a single subtask', () => {
    const restored = new Map([['watermark/0', 50]])
    expect(restoredTime(at(0, 1), restored, 'watermark', 'least')).toBe(50)
    expect(restoredTime(at(1, 2), restored, 'watermark', 'least')).toBe(50)
    expect(restoredTime(at(1, 2), restored, 'watermark', 'greatest')).toBe(50)
  })
})
