/** A shop with its users and products: who does what, and what it costs. */
import type { z } from 'zod'
import type { Random } from '../../../topology/contract/clock.ts'
import type { UserActionEvent } from '../schemas.ts'
import { integer, uuid } from './random.ts'

/** The JSON form of a user action. */
export type ShopEvent = z.input<typeof UserActionEvent>

const USERS = 20_000
const PRODUCTS = 2_000
const CHANNELS = ['web', 'web', 'ios', 'android']
const REFERRERS = ['search', 'newsletter', 'direct', 'social']
const CAMPAIGNS = ['winter', 'clearance', 'new-arrivals', 'none']

/** Few have most of it: a rank in [0, count), low ones far more often. */
function skewed(random: Random, count: number): number {
  return Math.floor(count * random() ** 3)
}

/** The same product always costs the same, between 1.99 and about 400. */
function priceCents(product: number): number {
  return 199 + ((Math.imul(product + 1, 2_654_435_761) >>> 0) % 39_900)
}

function actionOf(draw: number): ShopEvent['payload']['action'] {
  if (draw < 0.62) return 'view'
  if (draw < 0.82) return 'cart'
  return draw < 0.97 ? 'purchase' : 'refund'
}

/** One thing that one user does at `timestampMs`. `simulatedUntil` goes into the metadata: see first-day.ts. */
export function shopEvent(random: Random, timestampMs: number, simulatedUntil: string): ShopEvent {
  const user = skewed(random, USERS)
  const product = skewed(random, PRODUCTS)
  const action = actionOf(random())
  const quantity = action === 'purchase' ? 1 + skewed(random, 4) : 1
  const isTransaction = action === 'purchase' || action === 'refund'
  return {
    event_id: uuid(random),
    event_type: 'user_action',
    event_timestamp: new Date(timestampMs).toISOString(),
    source_system: 'shop-simulator',
    payload: {
      user_id: `u-${String(user).padStart(5, '0')}`,
      action,
      product_id: `P-${String(product).padStart(4, '0')}`,
      amount: isTransaction ? (priceCents(product) * quantity) / 100 : undefined,
      quantity,
      channel: CHANNELS[integer(random, CHANNELS.length)]!,
      referrer: REFERRERS[integer(random, REFERRERS.length)]!,
      campaign: CAMPAIGNS[integer(random, CAMPAIGNS.length)]!,
    },
    metadata: { simulated_until: simulatedUntil },
    schema_version: '1.0',
  }
}
