/** The jobs of the bench, and what their topics and tables are called. */
import { fieldsOf, type Row } from '../../../topology/schema/index.ts'
import { table } from '../../../topology/table.ts'
import { to } from '../../../topology/to.ts'
import { topic } from '../../../topology/topic.ts'
import { topology } from '../../../topology/topology.ts'
import { columnSink } from './column-sink.ts'
import { Event } from './records.ts'

export const SOURCE = 'events'
/** Read before anything is measured: modules are loaded then, and what is hot is compiled. */
export const WARM_UP = 'warm-up'
export const PARTITIONS = 4

export const copyOf = (source: string) => `copied-${source}`
export const bronzeOf = (source: string) => `bronze.${source.replace('-', '_')}`

type EventRow = Row<typeof Event>

/** By what they do; each gives the job that reads a topic. */
export const JOBS = {
  columns: (source: string) =>
    topology(`columns-${source}`, ({ from }) => {
      const names = fieldsOf(Event).map(({ name }) => name as keyof EventRow & string)
      from(topic(source, Event)).pipe(to(columnSink<EventRow>('columns', names)))
    }),
  bronze: (source: string) =>
    topology(`bronze-${source}`, ({ from }) => {
      from(topic(source, Event)).pipe(to(table(bronzeOf(source), Event)))
    }),
  copy: (source: string) =>
    topology(`copy-${source}`, ({ from }) => {
      from(topic(source, Event)).pipe(to(topic(copyOf(source), Event, { partitions: PARTITIONS, key: 'user_id' })))
    }),
}
