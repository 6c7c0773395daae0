/** The newest order of each id, from a topic into a table, over an exchange. */
import { keyBy } from '../../../operators/index.ts'
import { postgres, to, topic, topology } from '../../../topology/index.ts'
import { Order } from './order.ts'

export default topology('topic-job', ({ from }) => {
  from(topic('orders', Order, { partitions: 3 })).pipe(
    keyBy('id'),
    to(postgres('newest', Order, { connection: 'POSTGRES_URL', table: 'newest', key: ['id'] })),
  )
})
