/** What an event must satisfy to become silver. */
import { decimals, isoTimestamp, matches, notBlank, notNull, oneOf, range, rules } from '../../operators/index.ts'
import { BronzeEvent } from './tables.ts'

/** NUL and its kind: no client means them, and many a reader ends a text there. */
const NO_CONTROL_CHARACTERS = /^\P{Cc}*$/u

const ACTIONS = ['view', 'cart', 'purchase', 'refund']

export const isTransaction = (event: { action: string | null }): boolean =>
  event.action === 'purchase' || event.action === 'refund'

export const SilverRules = rules(BronzeEvent, [
  notBlank('event_id'),
  notBlank('user_id'),
  notBlank('action'),
  matches('event_id', NO_CONTROL_CHARACTERS),
  matches('source_system', NO_CONTROL_CHARACTERS),
  matches('user_id', NO_CONTROL_CHARACTERS),
  matches('product_id', NO_CONTROL_CHARACTERS),
  matches('schema_version', NO_CONTROL_CHARACTERS),
  notNull('event_timestamp'),
  isoTimestamp('event_timestamp'),
  notNull('amount', { when: isTransaction }),
  range('amount', { min: 0 }),
  decimals('amount', 2),
  oneOf('action', ACTIONS),
])
