/** From a topic in Avro to one in JSON: what the registry has to be there for is in the first alone. */
import { to, topic, topology } from '../../../topology/index.ts'
import { COPIED, Order, ordersOf } from './orders.ts'

export default topology('registry-copy', ({ from }) => {
  from(ordersOf(Order)).pipe(to(topic(COPIED, Order, { partitions: 2, key: 'id' })))
})
