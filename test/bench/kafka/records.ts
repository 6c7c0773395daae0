/** What the bench reads and writes: events of eleven flat fields, some 300 bytes of JSON each, no two alike. */
import { z } from 'zod'
import type { OutgoingRecord } from '../../../topology/contract/topic.ts'
import { decimal, int, jsonSerializer, type Row, timestamptz, uuid } from '../../../topology/schema/index.ts'

export const Event = z.object({
  event_id: uuid(),
  event_type: z.string(),
  event_time: timestamptz(),
  user_id: z.string(),
  session_id: z.string(),
  product_id: z.string().nullable(),
  quantity: int(),
  amount: decimal(12, 2),
  is_mobile: z.boolean(),
  country: z.string(),
  page: z.string(),
})

const TYPES = ['view', 'search', 'cart', 'checkout', 'purchase', 'refund', 'login', 'logout']
const COUNTRIES = ['NL', 'DE', 'FR', 'ES', 'IT', 'PL', 'SE', 'US', 'CA', 'BR', 'IN', 'JP']
const SECTIONS = ['electronics/phones', 'garden/furniture', 'books/science-fiction', 'kitchen/appliances']
const FIRST_MICROS = 1_795_800_000_000_000n

const serializer = jsonSerializer(Event)

/** The n-th record, the same at every run. */
export function eventRecord(n: number, timestampMs?: number): OutgoingRecord {
  const user = mixed(n, 1) % 200_000
  const product = mixed(n, 2) % 20_000
  const row: Row<typeof Event> = {
    event_id: uuidOf(hex(mixed(n, 3)) + hex(mixed(n, 4)) + hex(mixed(n, 5)) + hex(n)),
    event_type: TYPES[mixed(n, 7) & 7]!,
    event_time: FIRST_MICROS + BigInt(n) * 1_237n,
    user_id: `user-${user}`,
    session_id: `session-${hex(mixed(Math.floor(n / 40), 8))}`,
    product_id: n % 10 === 0 ? null : `product-${product}`,
    quantity: 1 + (mixed(n, 9) % 9),
    amount: mixed(n, 10) % 100_000,
    is_mobile: (mixed(n, 11) & 1) === 1,
    country: COUNTRIES[mixed(user, 12) % COUNTRIES.length]!,
    page: `/catalogue/${SECTIONS[product & 3]}/product-${product}?campaign=${mixed(n, 13) % 50}`,
  }
  return { key: Buffer.from(row.user_id), value: serializer.encode(row), timestampMs }
}

/** 32 bits that look random: the finalizer of MurmurHash3. */
function mixed(n: number, salt: number): number {
  let h = Math.imul(n, 0x9e3779b1) ^ Math.imul(salt, 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return (h ^ (h >>> 16)) >>> 0
}

/** Of 32 digits. */
function uuidOf(digits: string): string {
  return [
    digits.slice(0, 8),
    digits.slice(8, 12),
    `4${digits.slice(13, 16)}`,
    `8${digits.slice(17, 20)}`,
    digits.slice(20),
  ].join('-')
}

function hex(bits: number): string {
  return bits.toString(16).padStart(8, '0')
}
