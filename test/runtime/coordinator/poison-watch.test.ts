/** A record that fails a job again and again is named, whatever lies between the checkpoint and the record. */
import { expect, it } from 'vitest'
import { memorySink } from '../../../connectors/memory/memory-sink.ts'
import { memorySource } from '../../../connectors/memory/memory-source.ts'
import { filter, keyBy } from '../../../operators/index.ts'
import { to } from '../../../topology/to.ts'
import { topology } from '../../../topology/topology.ts'
import { runInMemory } from '../../support/run-in-memory.ts'
import type { RecordedLog } from '../../support/silent.ts'

interface Row {
  readonly id: number
}

const POISON = 150_000
const rows = Array.from({ length: 200_000 }, (_, id): Row => ({ id }))

function poisoned(isPoison: (id: number) => boolean) {
  const sink = memorySink<Row>('rows')
  const job = topology('poisoned', ({ fromSource }) => {
    fromSource<Row>('rows', () => memorySource({ splits: [rows] })).pipe(
      keyBy('id'),
      filter(({ id }) => {
        if (isPoison(id)) throw new RangeError(`can't stand ${id}`)
        return true
      }),
      to(sink),
    )
  })
  return { job, sink }
}

const RESTART = { type: 'fixed-delay', attempts: 10, delayMs: 1 } as const

it.each([1, 20, 3_600_000])('with a checkpoint every %i ms, by its topic, partition and offset', async (intervalMs) => {
  const log: RecordedLog[] = []
  const { job } = poisoned((id) => id === POISON)
  await expect(
    runInMemory(job, { restart: RESTART, checkpointIntervalMs: intervalMs, parallelism: 2, workers: 2, log }),
  ).rejects.toMatchObject({
    code: 'POISON_RECORD',
    details: { topic: 'rows', partition: 0, offset: String(POISON), failures: 3 },
  })
  // One more where a checkpoint came before the first that knows its record.
  const restarts = log.filter(({ fields }) => fields['event'] === 'job-restarting').length
  expect(restarts).toBeLessThanOrEqual(3)
})

it('but not one that fails once, nor two different ones', async () => {
  const failed = new Set<number>()
  const { job, sink } = poisoned((id) => {
    if (id === 0 || id % 40_000 !== 0 || failed.has(id)) return false
    failed.add(id)
    return true
  })
  await runInMemory(job, { restart: RESTART, checkpointIntervalMs: 1 })
  expect(failed.size).toBe(4)
  expect(new Set(sink.committed.map(({ id }) => id)).size).toBe(rows.length)
  expect(sink.committed).toHaveLength(rows.length)
})
