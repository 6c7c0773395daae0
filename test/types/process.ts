/** Types of process and its state: checked by tsc, never run. */
import { z } from 'zod'
import {
  aggregatingState,
  coProcess,
  filter,
  keyBy,
  map,
  process,
  processWithBroadcast,
  sum,
} from '../../operators/index.ts'
import { milliseconds } from '../../topology/duration.ts'
import { decimal, int, long, timestamptz } from '../../topology/schema/index.ts'
import { listState } from '../../topology/state/list-state.ts'
import { mapState } from '../../topology/state/map-state.ts'
import { reducingState } from '../../topology/state/reducing-state.ts'
import { valueState } from '../../topology/state/value-state.ts'
import type { KeyedStream, Stream } from '../../topology/stream.ts'
import { table } from '../../topology/table.ts'
import { to } from '../../topology/to.ts'
import { topic } from '../../topology/topic.ts'
import { topology } from '../../topology/topology.ts'

const Order = z.object({
  order_id: z.string(),
  user_id: z.string(),
  shop: int(),
  amount: decimal(18, 2),
  at: timestamptz(),
})
const Total = z.object({ user_id: z.string(), total: decimal(18, 2), orders: int(), note: z.string().optional() })

/** Exactly the same type, in both directions. */
type Equal<A, B> = (<X>() => X extends A ? 1 : 2) extends <X>() => X extends B ? 1 : 2 ? true : false
declare function is<A>(): <B>(value: B, ...mismatch: Equal<A, B> extends true ? [] : [never]) => void
type ElementIn<S> = S extends Stream<infer T> ? T : never
declare function rows<S>(stream: S): ElementIn<S>

const total = valueState('total', { schema: decimal(18, 2), default: 0n })
const last = valueState('last', {
  schema: z.object({ id: z.string(), tags: z.array(z.string()), note: z.string().nullish() }),
})
const shops = mapState('shops', { key: int(), value: z.object({ orders: int() }) })

topology('types', ({ from }) => {
  const orders = from(topic('orders', Order))

  // --- end to end
  const totals = orders.pipe(
    filter((order) => order.shop > 0),
    keyBy('user_id'),
    process({
      name: 'totals',
      state: { total, last, shops },
      output: Total,
      onRecord(order, { key, state, emit, timestampMs, watermarkMs }) {
        is<string>()(key)
        is<bigint>()(order.amount)
        is<number | undefined>()(timestampMs)
        is<number>()(watermarkMs)
        // With a default there is always a value.
        is<bigint>()(state.total.get())
        is<bigint>()(state.total.update((sum) => sum + order.amount))
        const before = state.last.get()
        is<{ readonly id: string; readonly tags: readonly string[]; readonly note: string | null } | undefined>()(
          before,
        )
        state.last.update((value) => ({ id: order.order_id, tags: [...(value?.tags ?? []), 'new'], note: null }))
        if (before !== undefined) state.last.set({ ...before, id: 'x' })
        is<{ readonly orders: number } | undefined>()(state.shops.get(order.shop))
        state.shops.set(order.shop, { orders: (state.shops.get(order.shop)?.orders ?? 0) + 1 })
        for (const [shop, { orders }] of state.shops.entries()) is<number>()(shop + orders)
        is<boolean>()(state.shops.delete(1))
        emit({ user_id: key, total: state.total.get(), orders: state.shops.size, note: null })
        // @ts-expect-error a value in state is not changed in place
        if (before !== undefined) before.id = 'y'
        // @ts-expect-error nor is what is in it
        before?.tags.push('z')
        // @ts-expect-error not the type of the state
        state.total.set(1)
        // @ts-expect-error a field is missing
        state.last.set({ id: 'x', tags: [] })
        // @ts-expect-error not the type of the map's key
        state.shops.get('1')
        // @ts-expect-error no such state
        state.nope
        // @ts-expect-error no row of the output
        emit({ user_id: key })
        // @ts-expect-error no field of the record
        order.nope
      },
    }),
  )
  is<{ user_id: string; total: bigint; orders: number; note: string | null }>()(rows(totals))
  totals.pipe(to(table('gold.totals', Total)))
  // @ts-expect-error a stream of another shape
  totals.pipe(to(table('lake.orders', Order)))

  // --- without output: rows are as they come in
  const unchanged = orders.pipe(
    keyBy('user_id', 'shop'),
    process({
      name: 'changes',
      state: { last: valueState('last', { schema: decimal(18, 2) }) },
      onRecord(order, { key, state, emit }) {
        is<Readonly<{ user_id: string; shop: number }>>()(key)
        is<bigint | undefined>()(state.last.get())
        emit(order)
      },
    }),
  )
  unchanged.pipe(to(table('lake.orders', Order)))

  // --- without state, keyed by a function
  orders.pipe(
    keyBy((order) => order.amount > 100n),
    process({
      name: 'large',
      output: z.object({ large: z.boolean() }),
      onRecord(_, { key, emit, state }) {
        is<boolean>()(key)
        emit({ large: key })
        // @ts-expect-error no state is declared
        state.total
      },
    }),
  )

  // --- timers and side outputs
  const { out: rest, alerts } = orders.pipe(
    keyBy('user_id'),
    process({
      name: 'alerts',
      sides: { alerts: z.object({ user_id: z.string() }) },
      onRecord(order, { key, timers, emit, emitTo }) {
        timers.eventTime(5)
        // @ts-expect-error a time is a number
        timers.processingTime(5n)
        emit(order)
        emitTo('alerts', { user_id: key })
        // @ts-expect-error no such side output
        emitTo('alarms', { user_id: key })
        // @ts-expect-error no row of that side output
        emitTo('alerts', { order_id: key })
      },
      onTimer({ timeMs, domain }, { key }) {
        is<string>()(key)
        is<number>()(timeMs)
        is<'event' | 'processing'>()(domain)
      },
    }),
  )
  is<{ user_id: string }>()(rows(alerts))
  rest.pipe(to(table('lake.orders', Order)))

  // --- two streams
  const paired = orders.pipe(
    keyBy('user_id'),
    coProcess(totals.pipe(keyBy('user_id')), {
      name: 'pairs',
      output: z.object({ user_id: z.string() }),
      onLeft: (order, { emit }) => emit({ user_id: order.user_id }),
      onRight(right, { key }) {
        is<number>()(right.orders)
        is<string>()(key)
      },
    }),
  )
  is<{ user_id: string }>()(rows(paired))
  orders.pipe(
    keyBy('user_id'),
    // @ts-expect-error keys of different types are never equal
    coProcess(totals.pipe(keyBy('orders')), {
      name: 'unequal',
      output: z.object({ user_id: z.string() }),
      onLeft: () => undefined,
      onRight: () => undefined,
    }),
  )

  // --- every kind of state
  orders.pipe(
    keyBy('user_id'),
    process({
      name: 'kinds',
      state: {
        tags: listState('tags', {
          element: z.object({ tag: z.string() }),
          ttl: { after: milliseconds(1), time: 'event' },
        }),
        most: reducingState('most', { schema: int(), reduce: (a, b) => Math.max(a, b) }),
        spent: aggregatingState('spent', Order, sum('amount')),
      },
      onRecord(order, { state }) {
        is<{ readonly tag: string }[]>()(state.tags.get())
        is<number | undefined>()(state.most.get())
        is<bigint | undefined>()(state.spent.get())
        state.spent.add(order)
        // @ts-expect-error no element of the schema
        state.tags.append({ tag: 1 })
        // @ts-expect-error a list has no set
        state.tags.set([])
        // @ts-expect-error no value of the schema
        state.most.add('1')
        // @ts-expect-error no row of the aggregate's
        state.spent.add({ amount: 1n })
      },
    }),
  )

  // --- a broadcast stream
  const judged = orders.pipe(
    keyBy('user_id'),
    processWithBroadcast(totals, {
      name: 'judged',
      state: { total },
      broadcast: { shops },
      output: z.object({ user_id: z.string() }),
      onRecord(order, { key, state, broadcast, emit }) {
        is<{ readonly orders: number } | undefined>()(broadcast.shops.get(order.shop))
        is<bigint>()(state.total.get())
        emit({ user_id: key })
        // @ts-expect-error read only
        broadcast.shops.set(1, { orders: 1 })
      },
      onBroadcast(told, context) {
        context.broadcast.shops.set(told.orders, { orders: 1 })
        // @ts-expect-error there is no key
        context.state.total
        // @ts-expect-error no value of the schema
        context.broadcast.shops.set(1, { orders: 'many' })
      },
    }),
  )
  is<{ user_id: string }>()(rows(judged))
  orders.pipe(
    // @ts-expect-error not keyed
    processWithBroadcast(totals, {
      name: 'unkeyed',
      broadcast: { shops },
      output: Total,
      onRecord: () => undefined,
      onBroadcast: () => undefined,
    }),
  )

  // @ts-expect-error not keyed
  orders.pipe(process({ name: 'unkeyed', onRecord: () => undefined }))
  // @ts-expect-error map loses the key
  orders.pipe(keyBy('user_id'), map((order) => order), process({ name: 'lost', onRecord: () => undefined })) // biome-ignore format: one line for the error
  const result = orders.pipe(keyBy('user_id'), process({ name: 'once', onRecord: (order, { emit }) => emit(order) }))
  // @ts-expect-error what leaves it is not keyed
  result satisfies KeyedStream<any, any>
})

// --- declarations
// @ts-expect-error no value of the schema
valueState('n', { schema: long(), default: 0 })
// @ts-expect-error migrate makes a value of the schema
valueState('n', { schema: long(), version: 2, migrate: (value) => String(value) })
valueState('n', { schema: long(), version: 2, migrate: ({ count }: { count: number }, from) => BigInt(count + from) })
// @ts-expect-error no such column
aggregatingState('a', Order, sum('amounts'))
// @ts-expect-error a plain number has no unit
valueState('t', { schema: int(), ttl: { after: 1000, time: 'event' } })
// @ts-expect-error no such time
valueState('t', { schema: int(), ttl: { after: milliseconds(1), time: 'ingestion' } })
// @ts-expect-error reduces to another type
reducingState('r', { schema: int(), reduce: (a, b) => `${a}${b}` })
// @ts-expect-error a map's key is one value
mapState('m', { key: z.object({ id: z.string() }), value: long() })
// @ts-expect-error a map's key can't be null
mapState('m', { key: z.string().nullable(), value: long() })
