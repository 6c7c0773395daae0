/** Records that can't be decoded: they fail the job, or go to `poisoned` when it reads that. */
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { filter, map } from '../../operators/index.ts'
import { testTopology } from '../../runtime/testing/index.ts'
import { PoisonedRecord } from '../../topology/poisoned-record.ts'
import { long } from '../../topology/schema/index.ts'
import { table } from '../../topology/table.ts'
import { to } from '../../topology/to.ts'
import { topic } from '../../topology/topic.ts'
import { topology } from '../../topology/topology.ts'

const Order = z.object({ id: long() })
const orders = topic('orders', Order)
const dlq = topic('orders.dlq', PoisonedRecord)
const bytes = (text: string) => Buffer.from(text)

const copying = (readsPoisoned: boolean) =>
  topology('copy', ({ from }) => {
    const received = from(orders)
    received.pipe(
      filter(({ id }) => id > 0n),
      map(({ id }) => ({ id })),
      to(table('lake.orders', Order)),
    )
    if (readsPoisoned) received.poisoned.pipe(to(dlq))
  })

const RECORDS = [
  { value: bytes('{"id":1}') },
  { value: bytes('{"id":"x"}'), key: bytes('k'), headers: [{ key: 'trace', value: bytes('7') }] },
  { value: bytes('no json') },
  { value: null },
  { value: bytes('{"id":2}') },
]

describe('a job that reads `poisoned`', () => {
  test('goes on without them, and has each whole, with the operator and the reason', async () => {
    const run = await testTopology(copying(true), { startMs: 5 })
    run.source(orders).raw(RECORDS, { timestampMs: 1_000 })
    expect(run.output(table('lake.orders', Order)).rows).toEqual([{ id: 1n }, { id: 2n }])
    const poisoned = run.output(dlq).rows
    expect(poisoned[0]).toEqual({
      source_topic: 'orders',
      source_partition: 0,
      source_offset: 1n,
      source_timestamp: 1_000_000n,
      key: bytes('k'),
      raw_payload: bytes('{"id":"x"}'),
      headers: [{ key: 'trace', value: bytes('7') }],
      uid: 'decode-1',
      code: 'RECORD_INVALID',
      error: expect.stringMatching(/^record orders\[0\]@1 is not valid: id: /),
      quarantined_at: 5_000n,
    })
    expect(
      poisoned.slice(1).map(({ source_offset, raw_payload, error }) => [source_offset, raw_payload, error]),
    ).toEqual([
      [2n, bytes('no json'), expect.stringContaining('not JSON')],
      [3n, null, expect.stringContaining('tombstone')],
    ])
    expect(run.counter('records_quarantined_total{rule="json"}')).toBe(2)
    expect(run.counter('records_quarantined_total{rule="schema"}')).toBe(1)
  })

  test('has them once over a crash', async () => {
    const run = await testTopology(copying(true))
    run.source(orders).raw(RECORDS)
    await run.checkpoint()
    run.source(orders).raw(RECORDS)
    await run.restart({ parallelism: 2 })
    expect(run.output(dlq).rows.map(({ source_offset }) => source_offset)).toEqual([1n, 2n, 3n, 6n, 7n, 8n])
    expect(run.output(table('lake.orders', Order)).rows).toHaveLength(4)
  })
})

test('a job that does not read it fails, and says what to do', async () => {
  const run = await testTopology(copying(false))
  expect(() => run.source(orders).raw(RECORDS)).toThrow(
    expect.objectContaining({
      code: 'RECORD_INVALID',
      message: expect.stringContaining('record orders[0]@1 is not valid'),
      fix: expect.stringContaining('poisoned'),
    }),
  )
})
