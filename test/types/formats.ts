/** Types of topic formats: checked by tsc, never run. */
import { z } from 'zod'
import { avro, json, protobuf, RawValue, raw } from '../../topology/format.ts'
import { long } from '../../topology/schema/index.ts'
import { to } from '../../topology/to.ts'
import { topic } from '../../topology/topic.ts'
import { topology } from '../../topology/topology.ts'

const Order = z.object({ id: long() })

topology('format-types', ({ from }) => {
  // Rows are those of the schema, whatever the format.
  from(topic('orders', Order, { format: avro() })).pipe(to(topic('copies', Order, { format: protobuf() })))
  from(topic('orders', Order, { format: json() })).pipe(to(topic('more', Order, { format: avro({ subject: 'x' }) })))
  from(topic('images', RawValue, { format: raw() })).pipe(to(topic('bytes', RawValue, { format: raw() })))

  // @ts-expect-error raw bytes have no other field
  topic('orders', Order, { format: raw() })
  // @ts-expect-error a format is made by a function of its name
  topic('orders', Order, { format: 'avro' })
  // @ts-expect-error no such compatibility
  topic('orders', Order, { format: avro({ compatibility: 'BACKWARDS' }) })
  // @ts-expect-error JSON has no subject
  topic('orders', Order, { format: json({ subject: 'x' }) })
})
