/** The kinds of records a simulated shop sends, how often, and where the medallion job must put each. */

/**
 * Where a record ends, beside bronze, which takes all: `silver`; `late`: silver, and late_events since its gold window has
 * closed; `duplicate`: nowhere; `expired`: quarantine, as older than the horizon of deduplication; `quarantine`.
 */
export type Outcome = 'silver' | 'late' | 'duplicate' | 'expired' | 'quarantine'

interface VariantDefinition {
  readonly outcome: Outcome
  /** Per 10,000 records. What is left is `clean`. */
  readonly rate: number
}

/** Records that the producer takes: their wire form is valid. */
const EVENTS = {
  clean: { outcome: 'silver', rate: 0 },
  /** Blanks around user_id and product_id. */
  blanks: { outcome: 'silver', rate: 200 },
  'lower-case': { outcome: 'silver', rate: 300 },
  /** Up to ten minutes before its neighbours. */
  'out-of-order': { outcome: 'silver', rate: 800 },
  /** A timestamp with another offset than Z. */
  'zone-offset': { outcome: 'silver', rate: 200 },
  /** A field in the payload that the schema doesn't know. */
  'extra-field': { outcome: 'silver', rate: 100 },
  /** One megabyte; one in every run, at its middle. */
  large: { outcome: 'silver', rate: 0 },
  /** Three to six hours late, and of the day before: sent in the night, when that day's window has closed. */
  late: { outcome: 'late', rate: 20 },
  /** Three to five days late; in the second half of a run only. */
  expired: { outcome: 'expired', rate: 10 },
  /** The same event again, soon after. */
  duplicate: { outcome: 'duplicate', rate: 100 },
} as const satisfies Record<string, VariantDefinition>

/** Bytes that the producer's validation would refuse. */
const DIRT = {
  'missing-event-id': { outcome: 'quarantine', rate: 8 },
  'missing-user-id': { outcome: 'quarantine', rate: 8 },
  'missing-action': { outcome: 'quarantine', rate: 8 },
  'missing-timestamp': { outcome: 'quarantine', rate: 8 },
  'missing-amount': { outcome: 'quarantine', rate: 8 },
  'bad-timestamp': { outcome: 'quarantine', rate: 10 },
  'year-zero': { outcome: 'quarantine', rate: 2 },
  'year-10000': { outcome: 'quarantine', rate: 2 },
  'negative-amount': { outcome: 'quarantine', rate: 10 },
  'three-decimals': { outcome: 'quarantine', rate: 10 },
  'huge-amount': { outcome: 'quarantine', rate: 3 },
  'wrong-type': { outcome: 'quarantine', rate: 5 },
  'unknown-action': { outcome: 'quarantine', rate: 5 },
  'unknown-field': { outcome: 'quarantine', rate: 5 },
  'proto-key': { outcome: 'quarantine', rate: 2 },
  'not-a-number': { outcome: 'quarantine', rate: 2 },
  'not-json': { outcome: 'quarantine', rate: 10 },
  truncated: { outcome: 'quarantine', rate: 5 },
  'no-object': { outcome: 'quarantine', rate: 3 },
  'invalid-utf8': { outcome: 'quarantine', rate: 4 },
  nul: { outcome: 'quarantine', rate: 3 },
  'lone-surrogate': { outcome: 'quarantine', rate: 3 },
} as const satisfies Record<string, VariantDefinition>

export type EventVariant = keyof typeof EVENTS
export type DirtVariant = keyof typeof DIRT
export type Variant = EventVariant | DirtVariant

export const VARIANTS: Readonly<Record<Variant, VariantDefinition>> = { ...EVENTS, ...DIRT }
export const VARIANT_NAMES = Object.keys(VARIANTS) as Variant[]

export function isDirt(variant: Variant): variant is DirtVariant {
  return variant in DIRT
}
