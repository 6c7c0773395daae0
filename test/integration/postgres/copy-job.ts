/** Orders of a database into another table of it and into an Iceberg table, a checkpoint every few milliseconds. */
import { map } from '../../../operators/index.ts'
import { postgres, table, to, topology } from '../../../topology/index.ts'
import { Order } from './order.ts'

const connection = 'POSTGRES_URL'

export default topology('copy-job', ({ from }) => {
  const orders = from(
    postgres('in', Order, { connection, table: 'orders', incrementBy: 'updated_at', key: ['id'], pageRows: 20 }),
  )
  orders
    .pipe(map((order) => ({ ...order })))
    .pipe(to(postgres('out', Order, { connection, table: 'copied', key: ['id'] })))
  orders.pipe(to(table('lake.orders', Order)))
})
