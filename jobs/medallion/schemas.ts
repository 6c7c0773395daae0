/** The records of the medallion job, each from one zod object. */
import { z } from 'zod'
import { decimal } from '../../topology/schema/index.ts'

/** Wide enough for any amount a client may send, so that judging it is left to the rules. */
const AMOUNT_SCALE = 18
const CENT = 10n ** BigInt(AMOUNT_SCALE - 2)

const amount = decimal(38, AMOUNT_SCALE)
  .refine((value) => value >= 0n, { error: 'must not be negative' })
  .refine((value) => value % CENT === 0n, { error: 'must have at most 2 decimals' })

/** What a user did in the shop. Unknown fields in payload and metadata are accepted; elsewhere they are not. */
export const UserActionEvent = z.strictObject({
  event_id: z.string().min(1),
  event_type: z.literal('user_action'),
  event_timestamp: z.iso.datetime({ offset: true }),
  source_system: z.string().min(1),
  payload: z
    .looseObject({
      user_id: z.string().min(1),
      action: z.enum(['view', 'cart', 'purchase', 'refund']),
      product_id: z.string().nullish(),
      amount: amount.nullish(),
    })
    .refine(({ action, amount }) => !isTransaction(action) || (amount !== null && amount !== undefined), {
      error: 'is required for purchase and refund',
      path: ['amount'],
      // Also when another field is wrong: every problem is told at once.
      when: ({ value }) => typeof value === 'object' && value !== null,
    }),
  metadata: z.looseObject({}),
  schema_version: z.string().min(1),
})

function isTransaction(action: string): boolean {
  return action === 'purchase' || action === 'refund'
}
