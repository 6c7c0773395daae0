/** Readings per hour; before it is mended, the job takes numbers for ids only, and keeps the rest. */
import { z } from 'zod'
import { aggregate, count, eventTime, map, tumbling, windowAll, windowStart } from '../../../operators/index.ts'
import {
  hours,
  long,
  minutes,
  PoisonedRecord,
  table,
  timestamptz,
  to,
  topic,
  topology,
} from '../../../topology/index.ts'

const isMended = process.env['SLUICE_TEST_MENDED'] === '1'
const Reading = z.object({ id: isMended ? z.string() : long(), at: timestamptz() })
const Named = z.object({ id: z.string(), at: timestamptz() })
const Hour = z.object({ start: timestamptz(), readings: long() })

export default topology('letters', ({ from }) => {
  const readings = from(topic('readings', Reading, { partitions: 2 }))
  readings.poisoned.pipe(to(table('quarantine.readings', PoisonedRecord)))
  const { out, late } = readings.pipe(
    map(({ id, at }) => ({ id: String(id), at })),
    eventTime('at', { outOfOrderness: minutes(1) }),
    windowAll(tumbling(hours(1))),
    aggregate({ start: windowStart(), readings: count() }),
  )
  out.pipe(to(table('gold.hours', Hour)))
  late.pipe(to(table('quarantine.late_readings', Named)))
})
