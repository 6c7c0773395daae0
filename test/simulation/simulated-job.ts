/** The job of a simulation: a stateless branch, an exchange by key twice, state with and without timers, two inputs. */
import {
  aggregate,
  count,
  deduplicate,
  eventTime,
  keyBy,
  sum,
  tumbling,
  union,
  window,
  windowStart,
} from '../../operators/index.ts'
import type { Connections } from '../../runtime/worker/connectors.ts'
import { hours, milliseconds } from '../../topology/duration.ts'
import { to } from '../../topology/to.ts'
import { type Topology, topology } from '../../topology/topology.ts'
import { type Event, OUT_OF_ORDERNESS_MS, WINDOW_MS } from './dataset.ts'
import { eventSource } from './event-source.ts'
import { lakeSink } from './lake-sink.ts'
import type { Machine } from './machines.ts'

export const JOB = 'simulated'
export const CHECKPOINT_ROOT = `sim:///checkpoints/${JOB}`

/** Its sources and sinks are made in the job. */
export const UNUSED_CONNECTIONS = {} as Connections

/** As a process builds it: what its sources and sinks reach is the process's own. */
export function simulatedJob(machine: Machine): Topology {
  const table = <T>(name: string) => to<T>({ name, create: () => lakeSink(name, machine) })
  return topology(JOB, ({ fromSource }) => {
    const events = fromSource<Event>('events', () => eventSource(machine)).pipe(
      eventTime('at', { outOfOrderness: milliseconds(OUT_OF_ORDERNESS_MS) }),
    )
    events.pipe(table('raw'))
    const { out: unique, late: lateEvents } = events.pipe(deduplicate({ by: 'id', within: hours(1) }))
    const { out: totals, late: lateTotals } = unique.pipe(
      keyBy('key'),
      window(tumbling(milliseconds(WINDOW_MS)), { allowedLateness: milliseconds(0) }),
      aggregate({ start: windowStart(), amount: sum('amount'), events: count() }),
    )
    totals.pipe(table('gold'))
    union(lateEvents, lateTotals).pipe(table('late'))
  })
}
