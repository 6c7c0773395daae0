/** Types of updating streams: checked by tsc, never run. */
import { z } from 'zod'
import {
  aggregate,
  branch,
  broadcast,
  type ChangeKind,
  changes,
  count,
  deduplicate,
  eventTime,
  filter,
  flatMap,
  keyBy,
  map,
  process,
  rebalance,
  select,
  single,
  tumbling,
  union,
  window,
} from '../../operators/index.ts'
import { hours, minutes } from '../../topology/duration.ts'
import { timestamptz } from '../../topology/schema/index.ts'
import type { KeyedUpdatingStream, Stream, UpdatingStream } from '../../topology/stream.ts'
import { table } from '../../topology/table.ts'
import { to } from '../../topology/to.ts'

interface Total {
  user: string
  orders: number
  at: bigint
}
const Total = z.object({ user: z.string(), orders: z.number(), at: timestamptz() })
const Change = Total.extend({ kind: z.enum(['insert', 'update-before', 'update-after', 'delete']) })

declare const totals: UpdatingStream<Total>
declare const orders: Stream<Total>
declare function is<A>(): <B>(value: B, ...mismatch: Equal<A, B> extends true ? [] : [never]) => void
type Equal<A, B> = (<X>() => X extends A ? 1 : 2) extends <X>() => X extends B ? 1 : 2 ? true : false

// --- what keeps the kinds stays updating
is<UpdatingStream<Total>>()(totals.pipe(filter((total) => total.orders > 1)))
is<UpdatingStream<string>>()(totals.pipe(map((total) => total.user)))
is<UpdatingStream<string>>()(totals.pipe(flatMap((total) => [total.user])))
is<UpdatingStream<{ user: string }>>()(totals.pipe(select(z.object({ user: z.string() }))))
is<UpdatingStream<Total>>()(totals.pipe(branch({ many: (total) => total.orders > 9 })).many)
is<UpdatingStream<Total>>()(totals.pipe(single()))
is<KeyedUpdatingStream<{ user: string }, Total>>()(totals.pipe(keyBy('user')))
is<KeyedUpdatingStream<{ key: string }, Total>>()(totals.pipe(keyBy((total) => total.user)))
is<UpdatingStream<Total>>()(union(totals, orders))
is<Stream<Total>>()(union(orders, orders))

// --- changes() makes a stream of it
is<Stream<{ user: string; orders: number; at: bigint; kind: ChangeKind }>>()(totals.pipe(changes()))
is<Stream<{ user: string; orders: number; at: bigint; op: ChangeKind }>>()(totals.pipe(changes({ column: 'op' })))
totals.pipe(changes(), to(table('lake.changes', Change)))

// --- and nothing else takes it
// @ts-expect-error a table that is only added to
totals.pipe(to(table('lake.totals', Total)))
// @ts-expect-error a table that is only added to
totals.pipe(filter((total) => total.orders > 1), to(table('lake.totals', Total))) // biome-ignore format: one line for the error
// @ts-expect-error windows count each row once
totals.pipe(keyBy('user'), window(tumbling(hours(1))), aggregate({ rows: count() }))
// @ts-expect-error a process function would take a change for a record
totals.pipe(keyBy('user'), process({ name: 'p', onRecord() {} }))
// @ts-expect-error the first of a row that changes is none
totals.pipe(deduplicate({ by: 'user', within: hours(1) }))
// @ts-expect-error it has event times
totals.pipe(eventTime('at', { outOfOrderness: minutes(1) }))
// @ts-expect-error changes of a row would overtake each other
totals.pipe(rebalance())
// @ts-expect-error changes are for one reader
totals.pipe(broadcast())
// @ts-expect-error the first of a union tells that it is updating
union(orders, totals)
// @ts-expect-error there is a column of that name
totals.pipe(changes({ column: 'user' }), map((row) => row)) // biome-ignore format: one line for the error
// @ts-expect-error a stream has no changes
orders.pipe(changes())
