/** What examples take for granted: streams and schemas by the names that docstrings and documents give them. */
import { z } from 'zod'
import { UserActionEvent } from '../../jobs/medallion/schemas.ts'
import { SilverRules } from '../../jobs/medallion/silver-rules.ts'
import { type BronzeEvent, Quarantined, type SilverCandidate, SilverEvent } from '../../jobs/medallion/tables.ts'
import { notBlank, rules } from '../../operators/index.ts'
import type { TableCatalog } from '../../topology/contract/catalog.ts'
import type { Clock } from '../../topology/contract/clock.ts'
import type { JobEvent } from '../../topology/contract/job-detail.ts'
import type { Logger } from '../../topology/contract/observability.ts'
import type { TopicSystem } from '../../topology/contract/topic.ts'
import { decimal, long, type Row, timestamptz } from '../../topology/schema/index.ts'
import type { KeyedStream, Stream, UpdatingStream } from '../../topology/stream.ts'
import type { Topology, TopologyBuilder } from '../../topology/topology.ts'

export type { JobEvent }
export { Quarantined, SilverEvent, SilverRules, UserActionEvent }

export const A = z.object({ id: z.string() })
export type Order = Row<typeof Order>
export const Order = z.object({
  order_id: z.string(),
  id: long(),
  userId: z.string(),
  email: z.string(),
  coupon: z.string().nullish(),
  product_id: z.string(),
  kind: z.string(),
  totalCents: z.number(),
  currency: z.string(),
  amount: decimal(18, 2),
  items: z.array(z.object({ sku: z.string() })),
  ordered: timestamptz(),
  shipped: timestamptz(),
})

export const OrderRules = rules(Order, [notBlank('order_id')])

export const Purchase = z.object({
  user_id: z.string(),
  action: z.string(),
  product_id: z.string(),
  amount: decimal(18, 2),
  event_timestamp: timestamptz(),
})

/** How much an order in a currency may be. */
export declare const limits: Stream<{ currency: string; limit: bigint }>

/** What examples of aggregates gather. */
export declare const records: Stream<
  Row<typeof Purchase> & {
    price: bigint
    bidder: bigint
    url: string
    status: string
    points: number
    latency_ms: number
  }
>
export interface Trade {
  price: number
  size: number
}

export declare const from: TopologyBuilder['from']
export declare const fromSource: TopologyBuilder['fromSource']
export declare const job: Topology
export declare const logger: Logger
export declare const clock: Clock
export declare const tables: TableCatalog
export declare const topics: TopicSystem
export declare const error: unknown
export declare const bytes: Uint8Array
export declare const products: string[]

export declare const orders: KeyedStream<{ userId: string }, Row<typeof Order>>
export declare const purchases: Stream<Row<typeof Purchase>>
export declare const input: Stream<{ id: string }>
export declare const fn: (row: { id: string }) => { id: string }
export declare const readings: Stream<{ sensor: string; seconds: number; read_at: bigint; value: number }>
export declare const entries: Stream<{ at: bigint; kind: string; dayEndMs: number }>
export declare const fetchUser: (key: any) => Promise<{ name: string }>
export declare const geocode: (address: string) => Promise<{ latitude: number; longitude: number }>
export declare const rateOf: (currency: string) => Promise<number>
export declare const score: (order: Order) => Promise<Order & { score: number; why: string }>
export declare const isTemporary: (error: unknown) => boolean
export declare const bids: Stream<{ auction: bigint; bidder: bigint; price: bigint; at: bigint }>
export const Revenue = z.object({ day: z.string(), revenue: decimal(18, 2) })
export declare const revenue: Stream<Row<typeof Revenue>>
export declare const payments: Stream<{ order_id: string; account: string; cents: bigint; amount: bigint }>
export declare const deliveries: Stream<{ order_id: string }>
export declare const clicks: Stream<{ userId: string }>
export declare const counts: Stream<{ orders: bigint }>
export declare const events: Stream<Row<typeof SilverEvent> & { order_id: string }>
export declare const bronze: Stream<Row<typeof BronzeEvent>>
export declare const candidates: Stream<Row<typeof SilverCandidate>>
export declare const silver: Stream<Row<typeof SilverEvent>>
export declare const late: Stream<Row<typeof SilverCandidate>>
export declare const rejected: Stream<Row<typeof Quarantined>>
export declare const quarantined: Stream<Row<typeof Quarantined>>
export declare const orderTotals: UpdatingStream<{ userId: string; total: bigint }>
export declare const shipments: Stream<{ order_id: string; carrier: string }>
