/** From a topic into tables, over an exchange: the newest order of each id, and what goes on changing, its count of orders. */
import { z } from 'zod'
import { count, keyBy, runningAggregate } from '../../../operators/index.ts'
import { long, postgres, to, topic, topology } from '../../../topology/index.ts'
import { Order } from './order.ts'

const connection = 'POSTGRES_URL'
const Count = z.object({ id: long(), orders: long() })

export default topology('topic-job', ({ from }) => {
  const orders = from(topic('orders', Order, { partitions: 3 })).pipe(keyBy('id'))
  orders.pipe(to(postgres('newest', Order, { connection, table: 'newest', key: ['id'] })))
  orders.pipe(
    runningAggregate({ orders: count() }),
    to(postgres('counts', Count, { connection, table: 'counts', key: ['id'] })),
  )
})
