/** What an event must satisfy to become silver. */
import { decimals, isoTimestamp, notBlank, notNull, oneOf, range, rules } from '../../operators/index.ts'
import { BronzeEvent } from './tables.ts'

const ACTIONS = ['view', 'cart', 'purchase', 'refund']

export const isTransaction = (event: { action: string | null }): boolean =>
  event.action === 'purchase' || event.action === 'refund'

export const SilverRules = rules(BronzeEvent, [
  notBlank('event_id'),
  notBlank('user_id'),
  notBlank('action'),
  notNull('event_timestamp'),
  isoTimestamp('event_timestamp'),
  notNull('amount', { when: isTransaction }),
  range('amount', { min: 0 }),
  decimals('amount', 2),
  // A new action of the shop is news, not dirt.
  oneOf('action', ACTIONS, { onFail: 'warn' }),
])
