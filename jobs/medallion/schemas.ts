/** The records of the medallion job, each from one zod object. */
import { z } from 'zod'
import { decimal, parseIsoTimestampMs } from '../../topology/schema/index.ts'

/** On the wire an amount may be anything a client sends, so that judging it is left to the rules; silver has decimal(18, 2). */
const AMOUNT_SCALE = 18
const CENT = 10n ** BigInt(AMOUNT_SCALE - 2)
const AMOUNT_LIMIT = 10n ** BigInt(16 + AMOUNT_SCALE)

const text = z
  .string()
  .min(1)
  .refine((value) => !value.includes('\0'), { error: 'must not contain NUL' })

const instant = z
  .string()
  .meta({ format: 'date-time' })
  .refine((value) => !Number.isNaN(parseIsoTimestampMs(value)), {
    error: 'must be an ISO 8601 date-time with zone, such as 2026-11-23T08:30:00Z',
  })

const amount = decimal(38, AMOUNT_SCALE)
  .refine((value) => value >= 0n, { error: 'must not be negative' })
  .refine((value) => value % CENT === 0n, { error: 'must have at most 2 decimals' })
  .refine((value) => value < AMOUNT_LIMIT, { error: 'must have at most 16 digits before the point' })

/** What a user did in the shop. Unknown fields in payload and metadata are accepted; elsewhere they are not. */
export const UserActionEvent = z.strictObject({
  event_id: text,
  event_type: z.literal('user_action'),
  event_timestamp: instant,
  source_system: text,
  payload: z
    .looseObject({
      user_id: text,
      action: z.enum(['view', 'cart', 'purchase', 'refund']),
      product_id: text.nullish(),
      amount: amount.nullish(),
    })
    .refine(({ action, amount }) => !isTransaction(action) || (amount !== null && amount !== undefined), {
      error: 'is required for purchase and refund',
      path: ['amount'],
      // Also when another field is wrong: every problem is told at once.
      when: ({ value }) => typeof value === 'object' && value !== null,
    }),
  metadata: z.looseObject({}),
  schema_version: text,
})

function isTransaction(action: string): boolean {
  return action === 'purchase' || action === 'refund'
}
