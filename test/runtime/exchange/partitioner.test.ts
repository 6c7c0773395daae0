/** Which rows go where. */
import { describe, expect, it } from 'vitest'
import { Channel } from '../../../runtime/exchange/channel.ts'
import { createPartitioner } from '../../../runtime/exchange/partitioner.ts'
import { subtaskOf } from '../../../runtime/state/key-group-range.ts'
import { Batch } from '../../../topology/element.ts'
import type { ExchangeEdge, Partitioning } from '../../../topology/plan/plan.ts'

const KEY_GROUPS = 16

function send(partitioning: Partitioning, subtasks: number, batches: readonly Batch[], subtask = 0) {
  const channels = Array.from({ length: subtasks }, () => new Channel())
  const edge = { partitioning, from: { id: 'source' } } as ExchangeEdge
  const partition = createPartitioner(edge, channels, KEY_GROUPS, subtask)
  for (const batch of batches) partition(batch)
  return channels.map((channel) =>
    Array.from({ length: channel.length }, () => channel.take() as Batch).map((batch) => batch),
  )
}

const keyed = new Batch(
  Array.from({ length: 40 }, (_, n) => n),
  {
    keyGroups: Uint16Array.from({ length: 40 }, (_, n) => (n * 7) % KEY_GROUPS),
    keys: Array.from({ length: 40 }, (_, n) => `k${n}`),
    timestampsMs: Float64Array.from({ length: 40 }, (_, n) => n),
  },
)

describe('hash', () => {
  it.each([1, 2, 3, 16])(
    'sends each row to the owner of its key group, with all that is said of it: %i subtasks',
    (subtasks) => {
      const received = send('hash', subtasks, [keyed])
      for (const [subtask, batches] of received.entries()) {
        for (const batch of batches) {
          for (const [index, row] of batch.values.entries()) {
            expect(subtaskOf(batch.keyGroups![index]!, subtasks, KEY_GROUPS)).toBe(subtask)
            expect([batch.keys![index], batch.timestampsMs![index]]).toEqual([`k${row}`, row])
          }
        }
      }
      expect(
        received
          .flat()
          .flatMap((batch) => batch.values)
          .sort((a, b) => a - b),
      ).toEqual(keyed.values)
    },
  )

  it('refuses rows without a key', () => {
    expect(() => send('hash', 2, [new Batch([1])])).toThrow(/without keys/)
  })
})

describe('the others', () => {
  const batches = [new Batch([1]), new Batch([2]), new Batch([3])]
  const values = (received: readonly (readonly Batch[])[]) =>
    received.map((each) => each.map((batch) => batch.values[0]))

  it('rebalance deals batches out in turn, each sender beginning with another subtask', () => {
    expect(values(send('rebalance', 2, batches))).toEqual([[1, 3], [2]])
    expect(values(send('rebalance', 2, batches, 1))).toEqual([[2], [1, 3]])
  })

  it('broadcast sends everything to everybody', () => {
    expect(values(send('broadcast', 2, batches))).toEqual([
      [1, 2, 3],
      [1, 2, 3],
    ])
  })

  it('single sends everything to the first', () => {
    expect(values(send('single', 2, batches))).toEqual([[1, 2, 3], []])
  })
})
