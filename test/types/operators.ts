/** What must compile, and what must not: checked by tsc, never run. */
import { z } from 'zod'
import {
  aggregate,
  apply,
  approxCountDistinct,
  avg,
  bronzeLayer,
  type ChangeKind,
  changes,
  cleanse,
  collect,
  count,
  countDistinct,
  countWindow,
  decimals,
  deduplicate,
  eventTime,
  expect,
  filter,
  first,
  global,
  isoTimestamp,
  keyBy,
  last,
  map,
  max,
  notNull,
  onCount,
  percentile,
  percentiles,
  quarantine,
  range,
  rules,
  runningAggregate,
  select,
  session,
  sliding,
  stddev,
  stddevPop,
  sum,
  topK,
  trim,
  tumbling,
  union,
  where,
  window,
  windowAll,
  windowDay,
} from '../../operators/index.ts'
import { days, hours, minutes } from '../../topology/duration.ts'
import { date, decimal, long, type Row, timestamptz } from '../../topology/schema/index.ts'
import type { KeyedStream, Stream } from '../../topology/stream.ts'
import { day, table } from '../../topology/table.ts'
import { to } from '../../topology/to.ts'
import { topic } from '../../topology/topic.ts'
import { topology } from '../../topology/topology.ts'

const Order = z.object({
  order_id: z.string(),
  user_id: z.string(),
  coupon: z.string().nullish(),
  amount: decimal(18, 2),
  refund: decimal(18, 2).nullish(),
  weight: z.number(),
  ordered_at: timestamptz(),
})
const Revenue = z.object({ user_id: z.string(), day: date(), revenue: decimal(18, 2), orders: long() })
const Wire = z.object({ id: z.string(), payload: z.object({ user: z.string(), kind: z.enum(['a', 'b']) }).nullish() })

/** Exactly the same type, in both directions. */
declare function same<A>(): <B>(value: Stream<B>, ...mismatch: Equal<A, B> extends true ? [] : [never]) => void
type Equal<A, B> = (<X>() => X extends A ? 1 : 2) extends <X>() => X extends B ? 1 : 2 ? true : false
type Keyed<S> = S extends KeyedStream<infer K, any> ? K : 'not keyed'

topology('types', ({ from }) => {
  const orders = from(topic('orders', Order))
  const timed = orders.pipe(eventTime('ordered_at', { outOfOrderness: minutes(1) }))

  // --- steps of one row
  same<{ id: string; cents: bigint }>()(orders.pipe(map((order) => ({ id: order.order_id, cents: order.amount }))))
  // @ts-expect-error unknown field
  orders.pipe(map((order) => order.nope))
  // @ts-expect-error a predicate returns a boolean
  orders.pipe(filter(async (order) => order.weight > 1))
  // @ts-expect-error union of different records
  union(orders, orders.pipe(map((order) => order.weight)))
  // @ts-expect-error a column that is not there
  orders.pipe(select(z.object({ order_id: z.string(), nope: z.string() })))
  // @ts-expect-error a column of another type
  orders.pipe(select(z.object({ weight: z.string() })))

  // --- keys
  const keyed = orders.pipe(
    keyBy('user_id', 'order_id'),
    filter((order) => order.weight > 1),
  )
  const key: Keyed<typeof keyed> = { user_id: '', order_id: '' }
  const lost: Keyed<ReturnType<typeof unkey>> = 'not keyed'
  const unkey = () => keyed.pipe(map((order) => order))
  void [key, lost]
  // @ts-expect-error unknown field
  orders.pipe(keyBy('userid'))
  // @ts-expect-error a key is never null
  orders.pipe(keyBy('coupon'))
  // @ts-expect-error no primitive
  orders.pipe(keyBy((order) => ({ id: order.order_id })))
  // @ts-expect-error unknown field
  timed.pipe(deduplicate({ by: 'id', within: hours(1) }))
  // @ts-expect-error a duration says its unit
  timed.pipe(deduplicate({ by: 'order_id', within: 3_600_000 }))
  // @ts-expect-error no timestamp
  orders.pipe(eventTime('user_id', { outOfOrderness: minutes(1) }))

  // --- windows
  const daily = timed.pipe(
    keyBy('user_id'),
    window(tumbling(days(1))),
    aggregate({ day: windowDay(), revenue: sum('amount'), orders: count() }),
  )
  same<{ user_id: string; day: number; revenue: bigint; orders: bigint }>()(daily.out)
  daily.out.pipe(to(table('gold.revenue', Revenue)))
  const byFunction = timed.pipe(
    keyBy((order) => order.weight > 10),
    window(tumbling(days(1))),
    aggregate({
      refunds: sum('refund'),
      least: max('coupon'),
      mean: avg('weight'),
      meanRefund: avg('refund'),
      both: sum(['amount', 'weight'], ({ amount }) => amount),
      heavy: sum((order) => (order.weight > 10 ? 1 : 0)),
    }),
  )
  same<{
    key: boolean
    refunds: bigint | null
    least: string | null
    mean: number
    meanRefund: number | null
    both: bigint
    heavy: number
  }>()(byFunction.out)
  const filtered = timed.pipe(
    keyBy('user_id'),
    window(tumbling(days(1))),
    aggregate({
      heavy: where((order) => order.weight > 10, count()),
      heavyRevenue: where(['weight'], ({ weight }) => weight > 10, sum('amount')),
      lightCoupons: where(({ weight }) => weight < 1, countDistinct('coupon')),
      refunded: where(
        (order) => order.refund !== null,
        sum((order) => order.weight),
      ),
    }),
  )
  same<{
    user_id: string
    heavy: bigint
    heavyRevenue: bigint | null
    lightCoupons: bigint
    refunded: number | null
  }>()(filtered.out)
  // @ts-expect-error unknown field
  timed.pipe(keyBy('user_id'), window(tumbling(days(1))), aggregate({ n: where(({ nope }) => nope, count()) }))
  // @ts-expect-error a text has no sum
  timed.pipe(keyBy('user_id'), window(tumbling(days(1))), aggregate({ n: where(() => true, sum('order_id')) }))
  // @ts-expect-error the predicate may read the fields it names only
  timed.pipe(keyBy('user_id'), window(tumbling(days(1))), aggregate({ n: where(['weight'], (row) => row.amount > 1n, count()) })) // biome-ignore format: one line for the error
  const allOrders = timed.pipe(windowAll(sliding(days(7), days(1))), aggregate({ orders: count() }))
  same<{ orders: bigint }>()(allOrders.out)
  timed.pipe(
    keyBy('user_id', 'order_id'),
    window(session(hours(1)), { allowedLateness: hours(1), trigger: onCount(10) }),
    apply({
      name: 'applied',
      output: Revenue.pick({ user_id: true }),
      onWindow(rows, { key, window: { endMs }, emit }) {
        const same: { readonly user_id: string; readonly order_id: string } = key
        const [weight, end]: [number, number] = [rows[0]!.weight, endMs]
        void [same, weight, end]
        emit({ user_id: key.user_id })
        // @ts-expect-error a row of another shape
        emit({ user: key.user_id })
      },
    }),
  )
  timed.pipe(
    keyBy('user_id'),
    window(countWindow(10, 5)),
    apply({
      name: 'one key',
      output: Revenue.pick({ user_id: true }),
      onWindow: (_rows, { key, emit }) => emit({ user_id: key }),
    }),
  )
  // @ts-expect-error windows without an end have no lateness
  window(global(), { allowedLateness: hours(1) })
  // @ts-expect-error windows of a number of records fire with the last of them
  window(countWindow(10), { trigger: onCount(5) })
  // @ts-expect-error a duration says its unit
  sliding(10_000, 2_000)
  // @ts-expect-error a window of what is no window
  timed.pipe(keyBy('user_id'), window(days(1)))
  const gathered = timed.pipe(
    keyBy('user_id'),
    window(tumbling(days(1))),
    aggregate({
      spread: stddev('weight'),
      spreadOfAll: stddevPop('weight'),
      firstCoupon: first('coupon'),
      lastOrder: last((order) => order.order_id),
      users: approxCountDistinct('order_id', { precision: 12 }),
      median: percentile('weight', 0.5),
      percentiles: percentiles('refund', [0.5, 0.99]),
      largest: topK(3, 'amount'),
      coupons: collect('coupon', { atMost: 10 }),
    }),
  )
  same<{
    user_id: string
    spread: number | null
    spreadOfAll: number
    firstCoupon: string | null
    lastOrder: string
    users: bigint
    median: number
    percentiles: readonly [number, number] | null
    largest: readonly Row<typeof Order>[]
    coupons: readonly string[]
  }>()(gathered.out)
  const running = timed.pipe(keyBy('user_id'), runningAggregate({ orders: count(), spent: sum('amount') }), changes())
  same<{ user_id: string; orders: bigint; spent: bigint; kind: ChangeKind }>()(running)
  // @ts-expect-error a running aggregate needs a keyed stream
  timed.pipe(runningAggregate({ orders: count() }))
  // @ts-expect-error its result goes on changing: changes() makes a stream of it
  timed.pipe(keyBy('user_id'), runningAggregate({ orders: count() })).pipe(deduplicate({ by: 'user_id', within: days(1) })) // biome-ignore format: one line for the error
  // @ts-expect-error a function has a value, or null
  timed.pipe(keyBy('user_id'), window(tumbling(days(1))), aggregate({ n: sum(() => undefined) }))
  // @ts-expect-error a promise is no value
  timed.pipe(keyBy('user_id'), window(tumbling(days(1))), aggregate({ n: max(async () => 1) }))
  // @ts-expect-error a text has no percentile
  timed.pipe(keyBy('user_id'), window(tumbling(days(1))), aggregate({ n: percentile('order_id', 0.5) }))
  // @ts-expect-error unknown field
  timed.pipe(keyBy('user_id'), window(tumbling(days(1))), aggregate({ n: topK(3, 'nope') }))
  // @ts-expect-error unknown field
  timed.pipe(keyBy('user_id'), window(tumbling(days(1))), aggregate({ n: first('nope') }))
  // @ts-expect-error a window needs a keyed stream
  timed.pipe(window(tumbling(days(1))), aggregate({ orders: count() }))
  // @ts-expect-error map loses the key
  timed.pipe(keyBy('user_id'), map((order) => order), window(tumbling(days(1))), aggregate({ orders: count() })) // biome-ignore format: one line for the error
  // @ts-expect-error an aggregate needs windows
  timed.pipe(keyBy('user_id'), aggregate({ orders: count() }))
  // @ts-expect-error a text has no sum
  timed.pipe(keyBy('user_id'), window(tumbling(days(1))), aggregate({ total: sum('order_id') }))
  // @ts-expect-error unknown field
  timed.pipe(keyBy('user_id'), window(tumbling(days(1))), aggregate({ total: sum('nope') }))
  // @ts-expect-error the function may read the fields it names only
  timed.pipe(keyBy('user_id'), window(tumbling(days(1))), aggregate({ total: sum(['amount'], (row) => row.weight) }))

  // --- tables
  orders.pipe(to(table('lake.orders', Order)))
  // @ts-expect-error a stream of another shape
  orders.pipe(to(table('gold.revenue', Revenue)))
  // @ts-expect-error a column more than the table has
  orders.pipe(to(table('lake.orders', Order.omit({ weight: true }))))
  // @ts-expect-error partitioned by an unknown column
  table('lake.orders', Order, { partitionBy: [day('nope')] })

  // --- quality
  const OrderRules = rules(Order, [
    notNull('coupon', { when: (order) => order.weight > 1 }),
    range('amount', { min: 0 }),
    decimals('amount', 2),
  ])
  const judged = orders.pipe(
    cleanse({ user_id: trim(), coupon: [trim()] }),
    expect(OrderRules, { as: Order.omit({ weight: true }) }),
  )
  same<Omit<Row<typeof Order>, 'weight'>>()(judged.out.pipe(map(({ ...order }) => order)))
  same<string>()(judged.quarantined.pipe(map((row) => row.rule)))
  same<string>()(
    orders.pipe(
      quarantine({ rule: 'r', reason: 'r' }),
      map((row) => row.order_id),
    ),
  )
  // @ts-expect-error unknown field
  rules(Order, [notNull('nope')])
  // @ts-expect-error a range needs numbers
  rules(Order, [range('user_id', { min: 0 })])
  // @ts-expect-error a timestamp is no text to be parsed
  rules(Order, [isoTimestamp('ordered_at')])
  // @ts-expect-error rules for other records
  from(topic('wire', Wire)).pipe(expect(OrderRules))
  // @ts-expect-error the stream has no such column to cast
  orders.pipe(expect(OrderRules, { as: Order.extend({ nope: z.string() }) }))
  // @ts-expect-error unknown column
  orders.pipe(cleanse({ userid: trim() }))
  // @ts-expect-error no text
  orders.pipe(cleanse({ weight: trim() }))

  // --- bronze
  const bronze = from(topic('wire', Wire)).pipe(
    bronzeLayer({ sourceSystem: 'web', columns: { id: 'id', user: 'payload.user', kind: 'payload.kind' } }),
  )
  same<{ id: string | null; user: string | null; kind: string | null }>()(
    bronze.parsed.pipe(map(({ id, user, kind }) => ({ id, user, kind }))),
  )
  same<bigint>()(bronze.out.pipe(map((row) => row.source_offset)))
  // @ts-expect-error unknown path
  from(topic('wire', Wire)).pipe(bronzeLayer({ sourceSystem: 'web', columns: { id: 'payload.nope' } }))
  // @ts-expect-error only a topic has bytes as received
  timed.pipe(map((order) => order), bronzeLayer({ sourceSystem: 'web', columns: {} })) // biome-ignore format: one line for the error
})
