/** Readings from a topic into another; what is none becomes a dead letter, in a table and in a topic. */
import { z } from 'zod'
import { PoisonedRecord, table, to, topic, topology } from '../../../topology/index.ts'

const Reading = z.object({ id: z.string() })

export default topology('letters', ({ from }) => {
  const readings = from(topic('readings', Reading))
  readings.pipe(to(topic('copies', Reading, { partitions: 1 })))
  readings.poisoned.pipe(to(table('quarantine.readings', PoisonedRecord)))
  readings.poisoned.pipe(to(topic('readings.dlq', PoisonedRecord, { partitions: 1 })))
})
