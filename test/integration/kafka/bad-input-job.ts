/** Orders from a topic into another, as the environment declares them: for those who declare them wrongly. */
import { z } from 'zod'
import { avro, to, topic, topology } from '../../../topology/index.ts'

const Order = z.object({ id: z.string() })

/** In JSON. */
const { source = 'orders', target = 'copies', declared = {}, isAvro = false } = JSON.parse(process.env['BAD_INPUT']!)

export default topology('bad-input', ({ from }) => {
  from(topic(source, Order)).pipe(to(topic(target, Order, isAvro ? { ...declared, format: avro() } : declared)))
})
