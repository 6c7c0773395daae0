/** What examples take for granted: streams and schemas by the names that docstrings and documents give them. */
import { z } from 'zod'
import { UserActionEvent } from '../../jobs/medallion/schemas.ts'
import { SilverRules } from '../../jobs/medallion/silver-rules.ts'
import { type BronzeEvent, Quarantined, type SilverCandidate, SilverEvent } from '../../jobs/medallion/tables.ts'
import { notBlank, rules } from '../../operators/index.ts'
import type { Logger } from '../../topology/contract/observability.ts'
import { decimal, long, type Row, timestamptz } from '../../topology/schema/index.ts'
import type { KeyedStream, Stream, UpdatingStream } from '../../topology/stream.ts'
import type { Topology, TopologyBuilder } from '../../topology/topology.ts'

export { Quarantined, SilverEvent, SilverRules, UserActionEvent }

export const A = z.object({ id: z.string() })
export const Order = z.object({
  order_id: z.string(),
  id: long(),
  userId: z.string(),
  email: z.string(),
  coupon: z.string().nullish(),
  product_id: z.string(),
  kind: z.string(),
  totalCents: z.number(),
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

export declare const from: TopologyBuilder['from']
export declare const fromSource: TopologyBuilder['fromSource']
export declare const job: Topology
export declare const logger: Logger
export declare const error: unknown
export declare const bytes: Uint8Array
export declare const products: string[]

export declare const orders: KeyedStream<{ userId: string }, Row<typeof Order>>
export declare const purchases: Stream<Row<typeof Purchase>>
export declare const input: Stream<{ id: string }>
export declare const fn: (row: { id: string }) => { id: string }
export declare const readings: Stream<{ sensor: string; seconds: number }>
export declare const events: Stream<Row<typeof SilverEvent>>
export declare const bronze: Stream<Row<typeof BronzeEvent>>
export declare const candidates: Stream<Row<typeof SilverCandidate>>
export declare const silver: Stream<Row<typeof SilverEvent>>
export declare const late: Stream<Row<typeof SilverCandidate>>
export declare const rejected: Stream<Row<typeof Quarantined>>
export declare const quarantined: Stream<Row<typeof Quarantined>>
export declare const orderTotals: UpdatingStream<{ userId: string; total: bigint }>
export declare const shipments: Stream<{ order_id: string; carrier: string }>
