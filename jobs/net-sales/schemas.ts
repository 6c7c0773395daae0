/** The records and tables of the net-sales job, each from one zod object. */
import { z } from 'zod'
import { date, decimal, int, long, timestamptz } from '../../topology/schema/index.ts'

/** What a till sends for each product that is sold. */
export const Sale = z.object({
  sale_id: z.string(),
  product_id: z.string(),
  quantity: int(),
  amount: decimal(18, 2),
  sold_at: timestamptz(),
})

/** What the returns desk sends, from another system, for each product that comes back. */
export const Return = z.object({
  return_id: z.string(),
  sale_id: z.string(),
  product_id: z.string(),
  quantity: int(),
  refund: decimal(18, 2),
  returned_at: timestamptz(),
})

/** A sale or a return, as both count in the books. */
export const Movement = z.object({
  movement_id: z.string(),
  kind: z.string().describe('sale or return'),
  product_id: z.string(),
  sold: long(),
  returned: long(),
  gross: decimal(18, 2),
  refunds: decimal(18, 2),
  moved_at: timestamptz(),
})

/** One row per product and UTC day with a movement. */
export const NetSales = z.object({
  product_id: z.string(),
  day: date(),
  sold: long(),
  returned: long(),
  gross: decimal(18, 2),
  refunds: decimal(18, 2),
  net: decimal(18, 2).describe('gross less refunds'),
})
