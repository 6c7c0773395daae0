import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { SplitAlignment } from '../../../runtime/time/split-alignment.ts'
import { FRESH_SEED, runs } from '../../support/scale.ts'

const nobody = () => false
const aligned = (maxDriftMs = 100) => new SplitAlignment({ group: 'g', maxDriftMs })

describe('SplitAlignment', () => {
  it('pauses who is ahead by more than the drift, until the slowest has caught up', () => {
    const alignment = aligned()
    alignment.report(0, 1_000)
    alignment.report(1, 1_100)
    expect(alignment.update(nobody)).toEqual({ pause: [], resume: [] })
    alignment.report(1, 1_101)
    expect(alignment.update(nobody)).toEqual({ pause: [1], resume: [] })
    expect(alignment.update(nobody)).toEqual({ pause: [], resume: [] })
    alignment.report(0, 1_001)
    expect(alignment.update(nobody)).toEqual({ pause: [], resume: [1] })
  })

  it('heeds neither idle splits, nor those at their end or without a record', () => {
    const alignment = aligned()
    alignment.report(0, 0)
    alignment.report(1, 5_000)
    expect(alignment.update((split) => split === 0)).toEqual({ pause: [], resume: [] })
    expect(alignment.slowestMs((split) => split === 0)).toBe(5_000)
    expect(alignment.slowestMs(() => true)).toBeNull()
    expect(alignment.update(nobody)).toEqual({ pause: [1], resume: [] })
  })

  it('waits for the slowest of the group elsewhere', () => {
    const alignment = aligned()
    alignment.report(0, 5_000)
    alignment.reportGroup(1_000)
    expect(alignment.update(nobody)).toEqual({ pause: [0], resume: [] })
    expect(alignment.isPaused(0)).toBe(true)
    alignment.reportGroup(null)
    expect(alignment.update(nobody)).toEqual({ pause: [], resume: [0] })
  })

  /**
   * Several subtasks, each with splits of its own, which hear of the group now and then. Whoever is not paused reads.
   * Splits go idle and come back, and end.
   */
  it(`lets everybody get to the end, and nobody be read who is too far ahead (seed ${FRESH_SEED})`, () => {
    const split = fc.array(fc.integer({ min: 1, max: 50 }), { maxLength: 20 })
    const subtask = fc.array(split, { minLength: 1, maxLength: 3 })
    fc.assert(
      fc.property(
        fc.array(subtask, { minLength: 1, maxLength: 3 }),
        fc.integer({ min: 0, max: 60 }),
        fc.integer({ min: 1, max: 5 }),
        fc.infiniteStream(fc.nat()),
        (subtasks, driftMs, hearsEvery, chance) => {
          const draw = () => chance.next().value as number
          const readers = subtasks.map((splits) => {
            const state = splits.map((steps) => ({ steps, at: 0, watermarkMs: 0, idle: false }))
            const holdsNobody = (index: number) => state[index]!.idle || state[index]!.at >= state[index]!.steps.length
            return { alignment: aligned(driftMs), state, holdsNobody }
          })
          const open = () => readers.flatMap(({ state }) => state).filter(({ at, steps }) => at < steps.length)
          for (let round = 0, quiet = 0; open().length > 0; round++) {
            if (round % hearsEvery === 0) {
              const slowest = readers.map(({ alignment, holdsNobody }) => alignment.slowestMs(holdsNobody))
              const known = slowest.filter((each) => each !== null)
              for (const { alignment } of readers) alignment.reportGroup(known.length === 0 ? null : Math.min(...known))
            }
            let read = 0
            for (const { alignment, state, holdsNobody } of readers) {
              alignment.update(holdsNobody)
              const free = state.flatMap((each, index) =>
                each.at < each.steps.length && !alignment.isPaused(index) ? [index] : [],
              )
              if (free.length === 0) continue
              const index = free[draw() % free.length]!
              const each = state[index]!
              each.idle = draw() % 5 === 0
              if (each.idle) continue
              const slowestMs = alignment.slowestMs(holdsNobody)
              if (each.at > 0 && slowestMs !== null) expect(each.watermarkMs).toBeLessThanOrEqual(slowestMs + driftMs)
              each.watermarkMs += each.steps[each.at++]!
              alignment.report(index, each.watermarkMs)
              read++
            }
            // Who is idle comes back at some time; nobody else has anything to wait for that does not come.
            quiet = read === 0 ? quiet + 1 : 0
            expect(quiet).toBeLessThan(hearsEvery + 200)
          }
        },
      ),
      runs(10_000),
    )
  })
})
