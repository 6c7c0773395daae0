/**
 * A small job of four stages: the source; a deduplication, which keeps state by order; windows by customer, which write
 * what is late into a sink of their own stage; and the totals' sink.
 */
import { memorySource } from '../../../../connectors/memory/memory-source.ts'
import {
  aggregate,
  count,
  deduplicate,
  eventTime,
  keyBy,
  single,
  sum,
  tumbling,
  window,
  windowStart,
} from '../../../../operators/index.ts'
import type { Sink } from '../../../../topology/contract/sink.ts'
import { minutes, seconds } from '../../../../topology/duration.ts'
import type { Batch } from '../../../../topology/element.ts'
import type { Json } from '../../../../topology/json.ts'
import { to } from '../../../../topology/to.ts'
import { topology } from '../../../../topology/topology.ts'

export interface Order {
  readonly id: string
  readonly customer: string
  readonly cents: number
  /** Milliseconds since the epoch. */
  readonly atMs: number
}

export const SOURCE = 'source(orders)'
export const DEDUPLICATION = 'deduplicate(id)'
export const WINDOWS = 'aggregate(start,cents,orders)'

export default topology('shop', ({ fromSource }) => {
  const { out: unique, late: old } = fromSource<Order>('orders', () => memorySource({ splits: [] })).pipe(
    eventTime((order) => order.atMs, { outOfOrderness: seconds(5) }),
    deduplicate({ by: 'id', within: minutes(10) }),
  )
  const { out: totals, late } = unique.pipe(
    keyBy('customer'),
    window(tumbling(minutes(1))),
    aggregate({ start: windowStart(), cents: sum('cents'), orders: count() }),
  )
  totals.pipe(single(), to(rowSink('totals')))
  late.pipe(to(rowSink('late')))
  old.pipe(to(rowSink('old')))
})

/** A sink whose committables are its rows. */
function rowSink<T>(name: string) {
  const create = (): Sink => ({
    async createWriter() {
      let rows: Json[] = []
      return {
        write(batch: Batch) {
          for (const row of batch.values) rows.push(row as Json)
        },
        async prepareCommit() {
          const prepared = rows
          rows = []
          return prepared
        },
        async close() {},
      }
    },
    createCommitter: async () => {
      throw new Error('a stage commits nothing')
    },
    async close() {},
  })
  return { name, create, element: (value: T) => value }
}
