/** From JSON to Avro and on to Protobuf, one topic after the other, and into a table. */
import { z } from 'zod'
import { avro, decimal, long, protobuf, table, to, topic, topology } from '../../../../topology/index.ts'

const Order = z.object({ id: long(), amount: decimal(18, 2), note: z.string().nullish() })
const inAvro = topic('orders-avro', Order, { format: avro({ compatibility: 'FULL' }), key: 'id' })
const inProtobuf = topic('orders-protobuf', Order, { format: protobuf() })

export default topology('formats', ({ from }) => {
  from(topic('orders', Order)).pipe(to(inAvro))
  from(inAvro).pipe(to(inProtobuf))
  from(inProtobuf).pipe(to(table('lake.orders', Order)))
})
