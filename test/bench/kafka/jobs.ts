/** The jobs of the bench, and what their topics and tables are called. */
import { fieldsOf, type Row } from '../../../topology/schema/index.ts'
import { table } from '../../../topology/table.ts'
import { to } from '../../../topology/to.ts'
import { topic } from '../../../topology/topic.ts'
import { topology } from '../../../topology/topology.ts'
import { columnSink } from './column-sink.ts'
import { Event } from './records.ts'

export const SOURCE = 'events'
export const COPY = 'copied-events'
export const BRONZE = 'bronze.events'
export const PARTITIONS = 4

type EventRow = Row<typeof Event>

export const JOBS = {
  columns: topology('bench-columns', ({ from }) => {
    const names = fieldsOf(Event).map(({ name }) => name as keyof EventRow & string)
    from(topic(SOURCE, Event)).pipe(to(columnSink<EventRow>('columns', names)))
  }),
  bronze: topology('bench-bronze', ({ from }) => {
    from(topic(SOURCE, Event)).pipe(to(table(BRONZE, Event)))
  }),
  copy: topology('bench-copy', ({ from }) => {
    from(topic(SOURCE, Event)).pipe(to(topic(COPY, Event, { partitions: PARTITIONS, key: 'user_id' })))
  }),
}
