/** Topics in Avro and a registry that is a real one. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { memorySink } from '../../../connectors/memory/memory-sink.ts'
import { avro } from '../../../topology/format.ts'
import { decimal, long, timestamptz } from '../../../topology/schema/index.ts'
import { to } from '../../../topology/to.ts'
import { topic } from '../../../topology/topic.ts'
import { topology } from '../../../topology/topology.ts'
import { openRegistryWorld } from '../../support/registry-job.ts'
import { runInMemory, startInMemory } from '../../support/run-in-memory.ts'
import { until } from '../../support/run-process.ts'
import { type Apicurio, startApicurio } from './apicurio.ts'

const OrderV1 = z.object({ id: long(), amount: decimal(18, 2), at: timestamptz() })
const OrderV2 = OrderV1.extend({ coupon: z.string().optional() })

const order = (id: bigint) => ({ id, amount: 2n ** 53n + id, at: 1_764_316_800_000_000n + id })

let apicurio: Apicurio
beforeAll(async () => {
  apicurio = await startApicurio()
})
afterAll(() => apicurio[Symbol.asyncDispose]())

describe('schema evolution', () => {
  test.each([
    ['the old', OrderV1],
    ['the new', OrderV2],
  ])('readers with %s schema see records of both, while the job runs', async (name, Order) => {
    await using world = openRegistryWorld(apicurio.open())
    const at = `orders-${name.replace(' ', '-')}`
    const v1 = topic(at, OrderV1, { format: avro() })
    const v2 = topic(at, OrderV2, { format: avro() })
    await world.write(v1, [order(1n), order(2n)])
    const rows = memorySink<z.output<typeof Order> & object>('rows')
    const job = topology('evolution', ({ from }) => {
      from(topic(at, Order, { format: avro() })).pipe(to(rows as never))
    })
    const run = await startInMemory(job, { ...world, log: [], until: 'stopped', checkpointIntervalMs: 50 })
    await until('the first records are there', async () => rows.committed.length === 2)
    await world.write(v2, [{ ...order(3n), coupon: 'x' }])
    await world.write(v1, [order(4n)])
    await until('all records are there', async () => rows.committed.length === 4)
    await run.stop()
    const coupons = Order === OrderV1 ? [{}, {}, {}, {}] : [null, null, 'x', null].map((coupon) => ({ coupon }))
    const sorted = rows.committed.toSorted((a, b) => Number(a.id - b.id))
    expect(sorted).toEqual([1n, 2n, 3n, 4n].map((id, index) => ({ ...order(id), ...coupons[index] })))
  })
})
