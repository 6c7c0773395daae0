/** Turns a valid event into bytes that are wrong in one way. */
import type { Random } from '../../../topology/contract/clock.ts'
import { integer } from './random.ts'
import type { ShopEvent } from './shop.ts'
import type { DirtVariant } from './variants.ts'

const BAD_TIMESTAMPS = [
  'yesterday',
  '2026-02-30T12:00:00Z',
  '2026-01-01',
  '2026-01-01T12:00:00',
  '01/02/2026 12:00',
  '',
]
const NO_OBJECTS = ['[]', 'null', '42', '"event"', '']
const NOT_JSON = ['<event/>', 'user_action,u-1,purchase', "{'event_id': 'e-1'}", 'undefined', '{"event_id": "e-1",}']

/** The event without one field, in the envelope or in the payload. */
function without(event: ShopEvent, field: string): string {
  return JSON.stringify(event, (name, value) => (name === field ? undefined : value))
}

function withPayload(event: ShopEvent, fields: object): string {
  return JSON.stringify({ ...event, payload: { ...event.payload, ...fields } })
}

/** As text: what JSON.stringify would not write. */
function withRawAmount(event: ShopEvent, amount: string): string {
  return withPayload(event, { action: 'purchase', amount: '@amount@' }).replace('"@amount@"', amount)
}

function pick<T>(random: Random, values: readonly T[]): T {
  return values[integer(random, values.length)]!
}

const MAKERS: Readonly<Record<DirtVariant, (event: ShopEvent, random: Random) => string | Buffer>> = {
  'missing-event-id': (event) => without(event, 'event_id'),
  'missing-user-id': (event) => without(event, 'user_id'),
  'missing-action': (event) => without(event, 'action'),
  'missing-timestamp': (event) => without(event, 'event_timestamp'),
  'missing-amount': (event) => withPayload(event, { action: 'purchase', amount: undefined }),
  'bad-timestamp': (event, random) => JSON.stringify({ ...event, event_timestamp: pick(random, BAD_TIMESTAMPS) }),
  'year-zero': (event) => JSON.stringify({ ...event, event_timestamp: '0000-06-01T00:00:00Z' }),
  'year-10000': (event) => JSON.stringify({ ...event, event_timestamp: '+010000-01-01T00:00:00Z' }),
  'negative-amount': (event, random) => withRawAmount(event, `-${1 + integer(random, 500)}.5`),
  'three-decimals': (event, random) => withRawAmount(event, `${integer(random, 500)}.125`),
  'huge-amount': (event) => withRawAmount(event, '9223372036854775808'),
  'wrong-type': (event, random) =>
    withPayload(event, pick(random, [{ amount: 'a lot' }, { amount: true }, { product_id: 17 }, { user_id: ['u-1'] }])),
  'unknown-action': (event) => withPayload(event, { action: 'steal' }),
  'unknown-field': (event) => JSON.stringify({ ...event, priority: 'high' }),
  'proto-key': (event) => JSON.stringify(event).replace('{', '{"__proto__":{"admin":true},'),
  'not-a-number': (event, random) => withRawAmount(event, pick(random, ['NaN', 'Infinity', '-Infinity'])),
  'not-json': (_event, random) => pick(random, NOT_JSON),
  truncated: (event, random) => {
    const text = JSON.stringify(event)
    return text.slice(0, 1 + integer(random, text.length - 1))
  },
  'no-object': (_event, random) => pick(random, NO_OBJECTS),
  'invalid-utf8': (event) => {
    const bytes = Buffer.from(withPayload(event, { product_id: '@@' }))
    bytes[bytes.indexOf('@@')] = 0xff
    return bytes
  },
  nul: (event, random) => withPayload(event, { user_id: 'u\0' }).replace('\\u0000', random() < 0.5 ? '\\u0000' : '\0'),
  'lone-surrogate': (event) => withPayload(event, { user_id: 'u\ud800' }),
}

/** The bytes of a record that is wrong as `variant` says; `event` is what it would have been. */
export function soil(variant: DirtVariant, event: ShopEvent, random: Random): Buffer {
  const dirty = MAKERS[variant](event, random)
  return typeof dirty === 'string' ? Buffer.from(dirty) : dirty
}
