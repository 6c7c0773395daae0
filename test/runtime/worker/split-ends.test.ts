import { expect, test } from 'vitest'
import { SplitEnds } from '../../../runtime/worker/split-ends.ts'
import type { SourceReader } from '../../../topology/contract/source.ts'
import { ManualClock } from '../../support/manual-clock.ts'

test('tells each split once that has come to its end for good', () => {
  const clock = new ManualClock()
  const ended = new Set<string>()
  const ends = new SplitEnds({ atEnd: (id: string) => ended.has(id) } as SourceReader, clock)
  const split = (id: string, index: number, isFinal: boolean) => ({ id, index, start: 0, position: 0, isFinal })
  ends.add([split('file', 0, true), split('partition', 1, false), split('empty', 2, true)])
  expect([...ends.newlyEnded()]).toEqual([])
  for (const id of ['file', 'partition', 'empty']) ended.add(id)
  clock.advance(100)
  expect([...ends.newlyEnded()]).toEqual([0, 2])
  clock.advance(100)
  expect([...ends.newlyEnded()]).toEqual([])
  ends.add([split('later', 3, true)])
  ended.add('later')
  expect([...ends.newlyEnded()]).toEqual([3])
})
