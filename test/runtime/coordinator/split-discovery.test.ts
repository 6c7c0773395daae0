import { expect, test } from 'vitest'
import { splitsOf } from '../../../runtime/checkpoint/restore.ts'
import { SplitDiscovery } from '../../../runtime/coordinator/split-discovery.ts'
import type { Source, SplitState } from '../../../topology/contract/source.ts'
import { ManualClock } from '../../support/manual-clock.ts'
import { type RecordedLog, recordingLogger } from '../../support/silent.ts'

const described = (...ids: string[]) => ids.map((id, index) => ({ id, index, start: '0' }))

test('a split keeps its index and position; a new one takes what is free', () => {
  const before = splitsOf(described('b', 'c'), undefined)
  expect(before.map(({ id, index, position }) => [id, index, position])).toEqual([
    ['b', 0, '0'],
    ['c', 1, '0'],
  ])
  const restored = before.map((split) => ({ ...split, position: '7' }))
  expect(
    splitsOf(described('a', 'b', 'c', 'd'), restored).map(({ id, index, position }) => [id, index, position]),
  ).toEqual([
    ['a', 2, '0'],
    ['b', 0, '7'],
    ['c', 1, '7'],
    ['d', 3, '0'],
  ])
  expect(splitsOf(described('c'), restored)).toEqual([restored[1]])
})

test('deals new splits out once, looks again after a failure, and no more when it is stopped', async () => {
  const clock = new ManualClock()
  const lines: RecordedLog[] = []
  let there = described('a')
  let fails = false
  const source = {
    discoveryIntervalMs: 1_000,
    async discoverSplits() {
      if (fails) throw new Error('not now')
      return there
    },
  } as unknown as Source
  const dealt: [number, string, unknown][] = []
  const discovery = new SplitDiscovery({
    sources: new Map([['in', { source, stage: 'stage', parallelism: 2 }]]),
    splits: new Map([['in', splitsOf(there, undefined)]]),
    restored: { in: [{ id: 'away', index: 1, start: '0', position: '5' }] },
    assign: ({ subtask }, splits: readonly SplitState[]) =>
      dealt.push(...splits.map(({ id, position }): [number, string, unknown] => [subtask, id, position])),
    clock,
    logger: recordingLogger(lines),
  })
  const pass = async () => {
    clock.advance(1_000)
    await clock.turn()
  }
  discovery.start()
  await pass()
  expect(dealt).toEqual([])
  there = described('0', 'a', 'away')
  fails = true
  await pass()
  expect(lines.map(({ level }) => level)).toEqual(['warn'])
  fails = false
  await pass()
  await pass()
  expect(dealt.toSorted()).toEqual([
    [0, '0', '0'],
    [1, 'away', '5'],
  ])
  discovery.stop()
  there = described('c')
  await pass()
  expect(dealt).toHaveLength(2)
})
