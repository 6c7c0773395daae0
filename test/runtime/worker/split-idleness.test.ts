/** When a split counts as idle. */
import { expect, it } from 'vitest'
import { SplitIdleness } from '../../../runtime/worker/split-idleness.ts'
import { ManualClock } from '../../support/manual-clock.ts'

const never = () => false

/** Looks once a second. */
function look(idleness: SplitIdleness, clock: ManualClock, times: number): number[] {
  return Array.from({ length: times }, () => {
    clock.advance(1_000)
    return idleness.newlyIdle(never)
  }).flat()
}

it('is one without data for long enough, told once, until it has data again', () => {
  const clock = new ManualClock()
  const idleness = new SplitIdleness([0, 1], clock, 5_000)
  expect(look(idleness, clock, 4)).toEqual([])
  idleness.active(1)
  expect(look(idleness, clock, 2)).toEqual([0])
  expect(look(idleness, clock, 10)).toEqual([1])
  idleness.active(0)
  expect(look(idleness, clock, 10)).toEqual([0])
})

it('is never one that holds its watermark, nor any without a limit', () => {
  const clock = new ManualClock()
  const held = new SplitIdleness([0], clock, 5_000)
  for (let n = 0; n < 10; n++) {
    clock.advance(1_000)
    expect(held.newlyIdle(() => true)).toEqual([])
  }
  expect(look(new SplitIdleness([0], clock), clock, 10)).toEqual([])
})

it('does not count the time in which nobody could read: held back, or the whole process suspended', () => {
  const clock = new ManualClock()
  const idleness = new SplitIdleness([0], clock, 5_000)
  look(idleness, clock, 2)
  clock.advance(60_000)
  idleness.heldBack()
  expect(idleness.newlyIdle(never)).toEqual([])
  clock.advance(3_600_000)
  expect(idleness.newlyIdle(never)).toEqual([])
  expect(look(idleness, clock, 1)).toEqual([0])
})
