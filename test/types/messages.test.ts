/** What the compiler says of mistakes in jobs: one run over a module each, and the lines that a reader sees first. */
import { expect, it } from 'vitest'
import { typeCheck } from '../docs/type-check.ts'

const PRELUDE = `
import { z } from 'zod'
import {
  aggregate, avg, count, decimal, deduplicate, eventTime, filter, flatMap, hours, intervalJoin, keyBy, long, map, max,
  minutes, process, select, sum, table, timestamptz, to, topic, topology, tumbling, window, windowStart,
  type Row, type Stream,
} from 'sluice'
import { testTopology, type TestOutput } from 'sluice/testing'

const Order = z.object({ id: z.string(), user: z.string(), amount: decimal(18, 2), at: timestamptz() })
const Sales = z.object({ user: z.string(), total: decimal(38, 2) })
declare const orders: Stream<Row<typeof Order>>
`

/** Code → what its message must say. */
const MISTAKES: Readonly<Record<string, RegExp>> = {
  // Fields
  "orders.pipe(keyBy('usr'))": /"usr"' is not assignable to parameter of type '"amount" \| "at" \| "id" \| "user"'/,
  "orders.pipe(deduplicate({ by: 'key', within: hours(1) }))":
    /^TS2322: Type '"key"' is not assignable to type '"amount" \| "at" \| "id" \| "user" \| /,
  "orders.pipe(eventTime('user', { outOfOrderness: minutes(5) }))":
    /"user"' is not assignable to .*"amount" \| "at" \| /,
  "orders.pipe(keyBy('user'), window(tumbling(hours(1))), aggregate({ total: sum('amout') }))":
    /"amout"' is not assignable/,
  "orders.pipe(keyBy('user'), window(tumbling(hours(1))), aggregate({ total: sum('id') }))": /"id"' is not assignable/,
  'orders.pipe(map((order) => order.usr))': /^TS2551: Property 'usr' does not exist .* Did you mean 'user'\?/,
  // Keys and windows
  'orders.pipe(window(tumbling(hours(1))))':
    /\[keyedBy\]' is missing in type 'Stream<.* required in type 'KeyedStream</,
  "orders.pipe(process({ name: 'p', onRecord() {} }))":
    /\[keyedBy\]' is missing in type 'Stream<.* in type 'KeyedStream</,
  "orders.pipe(keyBy('user'), aggregate({ total: sum('amount') }))":
    /'KeyedStream<.*' is missing the following properties from type 'WindowedStream</,
  // Units
  "orders.pipe(eventTime('at', { outOfOrderness: 5 }))":
    /^TS2322: Type 'number' is not assignable to type 'DurationMs'/,
  // Shapes
  "orders.pipe(to(table('gold.sales', Sales)))":
    /^TS2345: Argument of type '\(stream: Stream<{ user: string; total: bigint; }>\) => void' is not assignable/,
  "orders.pipe(map(({ user, amount }) => ({ user, total: String(amount) })), to(table('gold.sales', Sales)))":
    /Types of property 'total' are incompatible.\s+Type 'bigint' is not assignable to type 'string'/,
  "testTopology(null!).then((test) => test.output(table('gold.sales', Sales)).rows.map((row) => row.totl))":
    /^TS2551: Property 'totl' does not exist .* Did you mean 'total'\?/,
  "testTopology(null!).then((test) => test.source(topic('orders', Order)).push([{ id: 1 }]))": /^TS2322: Type 'number'/,
}

/** Ten operators, each typed by the one before it, without a type written down. */
const TEN = `
const { out, late } = orders.pipe(
  filter((order) => order.amount > 0n),
  map((order) => ({ ...order, name: order.user.trim() })),
  eventTime('at', { outOfOrderness: minutes(5) }),
  flatMap((order) => [order.name === '' ? { ...order, name: 'nobody' } : order]),
  filter((order) => order.name.length < 100),
  map(({ id, name, amount, at }) => ({ id, name, amount, at })),
  filter(({ at }) => at > 0n),
  keyBy('name'),
  window(tumbling(hours(1))),
  aggregate({ start: windowStart(), total: sum('amount'), greatest: max('amount'), orders: count() }),
)
const rows: Stream<{ name: string; start: bigint; total: bigint; greatest: bigint; orders: bigint }> = out
const lateRows: Stream<{ id: string; name: string; amount: bigint; at: bigint }> = late
void [rows, lateRows]
`

it('infers through ten operators, and says what is wrong', async () => {
  const mistakes = Object.keys(MISTAKES)
  const modules = new Map([...mistakes, TEN].map((code) => [code, `${PRELUDE}${code}\nexport {}\n`]))
  const complaints = await typeCheck(modules)
  expect(complaints.get(TEN) ?? []).toEqual([])
  for (const code of mistakes) expect(complaints.get(code)?.join('\n') ?? 'nothing', code).toMatch(MISTAKES[code]!)
  expect(complaints.size).toBe(mistakes.length)
})
