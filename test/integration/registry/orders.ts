/** The topics of the job that copies, and the schemas that their writers have. */
import { z } from 'zod'
import { avro, long, type Topic, topic } from '../../../topology/index.ts'

export const PARTITIONS = 2
export const COPIED = 'orders-copied'

export const Order = z.object({ id: long() })
/** A writer's that is newer than the job. */
export const NewerOrder = Order.extend({ coupon: z.string().optional() })

export function ordersOf<S extends typeof Order>(schema: S): Topic<z.output<S>> {
  return topic('orders', schema, { partitions: PARTITIONS, format: avro() }) as Topic<z.output<S>>
}
