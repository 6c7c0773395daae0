/** What must compile of topics, and what must not: checked by tsc, never run. */
import { z } from 'zod'
import { keyBy, runningAggregate, sum } from '../../operators/index.ts'
import { days } from '../../topology/duration.ts'
import { decimal, long, type Row } from '../../topology/schema/index.ts'
import { table } from '../../topology/table.ts'
import { to } from '../../topology/to.ts'
import { topic } from '../../topology/topic.ts'
import { topology } from '../../topology/topology.ts'

const Order = z.object({ id: long(), customer: z.string(), amount: decimal(18, 2), items: z.array(z.string()) })
const Other = z.object({ id: long() })

topology('types', ({ from }) => {
  const orders = from(topic('orders', Order, { partitions: 12, retention: days(7), replicationFactor: 3 }))

  // --- declarations
  topic('t', Order, { key: 'customer', cleanupPolicy: 'compact' })
  topic('t', Order, { key: ({ id, customer }) => `${customer}/${id}` })
  // @ts-expect-error a number has no unit
  topic('t', Order, { retention: 7 })
  // @ts-expect-error unknown policy
  topic('t', Order, { cleanupPolicy: 'compacted' })
  // @ts-expect-error unknown field
  topic('t', Order, { key: 'custmer' })
  // @ts-expect-error a list is no key
  topic('t', Order, { key: 'items' })

  // --- to
  orders.pipe(to(topic('copies', Order)))
  orders.pipe(to(topic('copies', Order), { key: 'id', headers: (row: Row<typeof Order>) => ({ of: row.customer }) }))
  orders.pipe(to(topic('copies', Order, { key: 'customer' }), { headers: ({ customer }) => ({ of: customer }) }))
  // @ts-expect-error another shape
  orders.pipe(to(topic('copies', Other)))
  // @ts-expect-error unknown field
  orders.pipe(to(topic('copies', Order), { key: 'custmer' }))
  // @ts-expect-error a key is text, a number or bytes
  orders.pipe(to(topic('copies', Order), { key: ({ items }) => items }))
  // @ts-expect-error a header is text or bytes
  orders.pipe(to(topic('copies', Order), { headers: ({ id }) => ({ id }) }))
  // @ts-expect-error a table has no keys of records
  orders.pipe(to(table('lake.orders', Order), { key: 'customer' }))

  // --- what goes on changing is no stream
  const spent = orders.pipe(keyBy('customer'), runningAggregate({ spent: sum('amount') }))
  // @ts-expect-error updates would be taken for new rows
  spent.pipe(to(topic('spent', z.object({ customer: z.string(), spent: decimal(38, 2) }))))
})
