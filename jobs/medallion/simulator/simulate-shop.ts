/** A seeded shop: whole days of user actions, with the dirt that real ones have. */
import type { Random } from '../../../topology/contract/clock.ts'
import { soil } from './dirt.ts'
import { integer, seededRandom } from './random.ts'
import { type ShopEvent, shopEvent } from './shop.ts'
import { isDirt, type Outcome, VARIANT_NAMES, VARIANTS, type Variant } from './variants.ts'

export const DAY_MS = 86_400_000
const HOUR_MS = 3_600_000
const MINUTE_MS = 60_000

/** The first day of a shop that has no past. */
export const OPENING_DAY = '2026-01-01'

export interface SimulationOptions {
  readonly seed: number
  /** Records in all, dirt and duplicates among them. */
  readonly events: number
  /** `2026-01-01`, UTC. The days that follow a topic's last ones: see nextFirstDay. @default OPENING_DAY */
  readonly firstDay?: string
  /** @default 2 */
  readonly days?: number
}

/** A record as it is to be published: an event through `publish`, bytes through `publishRaw`. */
export type SimulatedRecord =
  | { readonly kind: 'event'; readonly variant: Variant; readonly event: ShopEvent }
  | { readonly kind: 'raw'; readonly variant: Variant; readonly bytes: Buffer; readonly key: string | null }

export interface Simulation {
  readonly firstDay: string
  /** The day after the last. */
  readonly untilDay: string
  readonly events: number
  /** In the order in which they are to be published. Every call gives the same records. */
  records(): Generator<SimulatedRecord, void, void>
}

/** How many records of each variant were injected. */
export type VariantCounts = Record<Variant, number>

/**
 * Describes a run; nothing is made before `records()` is asked. Seed and first day decide everything.
 *
 * No timestamp but those that are late on purpose lies before the first day, so that a run which follows a drained one
 * loses only what it means to.
 *
 * @example for (const record of simulateShop({ seed: 1, events: 1_000 }).records()) …
 */
export function simulateShop({ seed, events, firstDay = OPENING_DAY, days = 2 }: SimulationOptions): Simulation {
  const startMs = Date.parse(`${firstDay}T00:00:00Z`)
  if (Number.isNaN(startMs)) throw new RangeError(`firstDay '${firstDay}': expected a date such as ${OPENING_DAY}`)
  const untilDay = isoDay(startMs + days * DAY_MS)
  return {
    firstDay,
    untilDay,
    events,
    records: () => new Run(seededRandom(`${seed}/${firstDay}/${days}/${events}`), startMs, days, events).records(),
  }
}

export function isoDay(timestampMs: number): string {
  return new Date(timestampMs).toISOString().slice(0, 10)
}

export function noCounts(): VariantCounts {
  return Object.fromEntries(VARIANT_NAMES.map((variant) => [variant, 0])) as VariantCounts
}

/** How many records end where. Bronze has them all. */
export function outcomesOf(counts: Readonly<VariantCounts>): Record<Outcome, number> {
  const outcomes: Record<Outcome, number> = { silver: 0, late: 0, duplicate: 0, expired: 0, quarantine: 0 }
  for (const variant of VARIANT_NAMES) outcomes[VARIANTS[variant].outcome] += counts[variant]
  return outcomes
}

/** A duplicate follows its original within so many records: seconds to minutes of the shop's time. */
const MAX_DUPLICATE_DISTANCE = 200
/** So many times what happens between three and five makes a day. */
const NIGHTS_PER_DAY = 17
/** Above any sum of rates: most records are clean, and told so without going through them all. */
const MAX_RATE = 2_500
/** As long as Kafka takes it with what is around it: its default for a record is 1 MiB. */
const LARGE_NOTE = 'x'.repeat((1 << 20) - (8 << 10))

class Run {
  private readonly random: Random
  private readonly startMs: number
  private readonly days: number
  private readonly events: number
  private readonly untilDay: string
  /** By the position at which they come. */
  private readonly duplicates = new Map<number, ShopEvent>()

  constructor(random: Random, startMs: number, days: number, events: number) {
    this.random = random
    this.startMs = startMs
    this.days = days
    this.events = events
    this.untilDay = isoDay(startMs + days * DAY_MS)
  }

  *records(): Generator<SimulatedRecord, void, void> {
    for (let position = 0; position < this.events; position++) {
      const original = this.duplicates.get(position)
      if (original === undefined) {
        yield this.record(position)
      } else {
        this.duplicates.delete(position)
        yield { kind: 'event', variant: 'duplicate', event: original }
      }
    }
  }

  private record(position: number): SimulatedRecord {
    const timeMs = this.timeOf(position)
    const variant = this.variantAt(position, timeMs)
    const event = shopEvent(this.random, this.timestampOf(variant, timeMs), this.untilDay)
    if (isDirt(variant)) {
      const bytes = soil(variant, event, this.random)
      return { kind: 'raw', variant, bytes, key: variant === 'missing-user-id' ? null : event.payload.user_id }
    }
    const sent = this.vary(variant, event)
    if (variant !== 'expired') this.maybeRepeat(position, sent)
    return { kind: 'event', variant, event: sent }
  }

  /** Grows with the position, through whole days with a quiet night and a busy noon. */
  private timeOf(position: number): number {
    const days = ((position + this.random()) / this.events) * this.days
    const day = Math.min(Math.floor(days), this.days - 1)
    const share = days - day
    return this.startMs + Math.floor((day + share + Math.sin(2 * Math.PI * share) / (4 * Math.PI)) * DAY_MS)
  }

  private variantAt(position: number, timeMs: number): Variant {
    if (position === this.events >> 1) return 'large'
    let draw = this.random() * 10_000
    if (draw >= MAX_RATE) return 'clean'
    for (const variant of VARIANT_NAMES) {
      if (variant === 'duplicate') continue
      draw -= this.rateOf(variant, position, timeMs)
      if (draw < 0) return variant
    }
    return 'clean'
  }

  private rateOf(variant: Variant, position: number, timeMs: number): number {
    const { rate } = VARIANTS[variant]
    if (variant === 'expired') return position * 2 < this.events ? 0 : rate * 2
    if (variant === 'late') return isNight(timeMs) ? rate * NIGHTS_PER_DAY : 0
    return rate
  }

  private timestampOf(variant: Variant, timeMs: number): number {
    const { random } = this
    // A second or two on the way is usual.
    const usual = timeMs + Math.floor(2_000 * Math.log(1 - random()))
    switch (variant) {
      case 'late':
        return midnightBefore(timeMs) - 1 - integer(random, HOUR_MS)
      case 'expired':
        return timeMs - 3 * DAY_MS - integer(random, 2 * DAY_MS)
      case 'out-of-order':
        return Math.max(this.startMs, usual - integer(random, 10 * MINUTE_MS))
      default:
        return Math.max(this.startMs, usual)
    }
  }

  private vary(variant: Variant, event: ShopEvent): ShopEvent {
    const { payload } = event
    switch (variant) {
      case 'blanks':
        return {
          ...event,
          payload: { ...payload, user_id: `  ${payload.user_id}`, product_id: ` ${payload.product_id}\t ` },
        }
      case 'lower-case':
        return { ...event, payload: { ...payload, product_id: payload.product_id!.toLowerCase() } }
      case 'zone-offset':
        return { ...event, event_timestamp: withOffset(event.event_timestamp) }
      case 'extra-field':
        return { ...event, payload: { ...payload, gift: true, note: 'für Zoë 🎁' } }
      case 'large':
        return { ...event, payload: { ...payload, note: LARGE_NOTE } }
      default:
        return event
    }
  }

  private maybeRepeat(position: number, event: ShopEvent): void {
    if (this.random() * 10_000 >= VARIANTS.duplicate.rate) return
    const again = position + 1 + integer(this.random, MAX_DUPLICATE_DISTANCE)
    if (again < this.events && again !== this.events >> 1 && !this.duplicates.has(again)) {
      this.duplicates.set(again, event)
    }
  }
}

/** From three to five in the morning: the windows of the day before have closed, allowed lateness included. */
function isNight(timeMs: number): boolean {
  const hour = Math.floor((timeMs % DAY_MS) / HOUR_MS)
  return hour >= 3 && hour < 5
}

function midnightBefore(timeMs: number): number {
  return timeMs - (timeMs % DAY_MS)
}

/** The same instant as the clocks of Berlin show it in summer. */
function withOffset(timestamp: string): string {
  return `${new Date(Date.parse(timestamp) + 2 * HOUR_MS).toISOString().slice(0, -1)}+02:00`
}
