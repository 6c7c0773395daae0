/**
 * Nexmark's events, made one by one: person, three auctions, 46 bids, and again.
 *
 * Event n depends on the seed and n only, so it can be made from any position, in parallel, and again after a restart. They
 * are those of every engine we compare ourselves with, byte for byte: see `eventLine`. They differ from nexmark/nexmark in
 * the random source, in the strings and in one offset, and are like theirs in all that a query can feel.
 */
import type { Auction, Bid, NexmarkEvent, Person } from '../schemas.ts'
import { Draws } from './draws.ts'
import { Texts } from './texts.ts'

export interface GeneratorOptions {
  /** @default 42 */
  readonly seed?: number
  /** Event time of event 0, milliseconds since the epoch. @default 1700000000000 */
  readonly baseTimeMs?: number
  /** In event time. @default 10000 */
  readonly eventsPerSecond?: number
}

const FIRST_NAMES = 'Peter Paul Luke John Saul Vicky Kate Julie Sarah Deiter Walter'.split(' ')
const LAST_NAMES = 'Shultz Abrams Spencer White Bartels Walton Smith Jones Noris'.split(' ')
const CITIES = 'Phoenix,Los Angeles,San Francisco,Boise,Portland,Bend,Redmond,Seattle,Kent,Cheyenne'.split(',')
const STATES = 'AZ CA ID OR WA WY'.split(' ')

const FIRST_ID = 1000
const FIRST_CATEGORY = 10
/** Events of one round: 1 person, 3 auctions, 46 bids. */
const ROUND = 50
const AUCTIONS = 3
/** How many of the last persons and auctions something still happens to. */
const ACTIVE_PERSONS = 1000
const ACTIVE_AUCTIONS = 100
/** Some have to do with persons and auctions that come only later. */
const AHEAD = 10
const HOT_CHANNELS_FROM = 10_000
/** By when, in events, an auction that begins now ends: as many events as make ACTIVE_AUCTIONS auctions, about. */
const AUCTION_EVENTS = 1666

export class Generator {
  private readonly seed: number
  private readonly baseTimeMs: number
  private readonly eventsPerSecond: number
  private readonly draws = new Draws()
  private readonly texts: Texts

  constructor({ seed = 42, baseTimeMs = 1_700_000_000_000, eventsPerSecond = 10_000 }: GeneratorOptions = {}) {
    this.seed = seed
    this.baseTimeMs = baseTimeMs
    this.eventsPerSecond = eventsPerSecond
    this.texts = new Texts(seed, this.draws)
  }

  /** When event `n` happens, milliseconds since the epoch. */
  timeMs(n: number): number {
    return this.baseTimeMs + Math.floor(Math.floor((n * 1_000_000) / this.eventsPerSecond) / 1000)
  }

  event(n: number): NexmarkEvent {
    const place = n % ROUND
    if (place === 0) return { event_type: 0, person: this.person(n), auction: null, bid: null }
    if (place <= AUCTIONS) return { event_type: 1, person: null, auction: this.auction(n), bid: null }
    return { event_type: 2, person: null, auction: null, bid: this.bid(n) }
  }

  private person(n: number): Person {
    const { draws, texts } = this
    draws.fromEvent(this.seed, n)
    const name = `${FIRST_NAMES[draws.below(11)]} ${LAST_NAMES[draws.below(9)]}`
    const emailAddress = `${texts.string(7)}@${texts.string(5)}.com`
    const creditCard = `${this.digits()} ${this.digits()} ${this.digits()} ${this.digits()}`
    const city = CITIES[draws.below(10)]!
    const state = STATES[draws.below(6)]!
    const size = 8 + name.length + emailAddress.length + creditCard.length + city.length + state.length
    return {
      id: FIRST_ID + lastPerson(n),
      name,
      emailAddress,
      creditCard,
      city,
      state,
      dateTime: this.timeMs(n),
      extra: texts.extra(size, 200),
    }
  }

  private auction(n: number): Auction {
    const { draws, texts } = this
    draws.fromEvent(this.seed, n)
    const timeMs = this.timeMs(n)
    const seller = draws.below(4) > 0 ? Math.floor(lastPerson(n) / 100) * 100 : this.coldPerson(n)
    const category = FIRST_CATEGORY + draws.below(5)
    const initialBid = draws.price()
    const horizonMs = this.timeMs(n + AUCTION_EVENTS) - timeMs
    const expires = timeMs + 1 + draws.below(Math.max(2 * horizonMs, 1))
    const itemName = texts.string(20)
    const description = texts.string(100)
    const reserve = initialBid + draws.price()
    return {
      id: FIRST_ID + lastAuction(n),
      itemName,
      description,
      initialBid,
      reserve,
      dateTime: timeMs,
      expires,
      seller: FIRST_ID + seller,
      category,
      extra: texts.extra(48 + itemName.length + description.length, 500),
    }
  }

  private bid(n: number): Bid {
    const { draws, texts } = this
    draws.fromEvent(this.seed, n)
    const auction = draws.below(2) > 0 ? Math.floor(lastAuction(n) / 100) * 100 : this.coldAuction(n)
    const bidder = draws.below(4) > 0 ? Math.floor(lastPerson(n) / 100) * 100 + 1 : this.coldPerson(n)
    const price = draws.price()
    const { channel, url } =
      texts.channels[draws.below(2) > 0 ? HOT_CHANNELS_FROM + draws.below(4) : draws.below(HOT_CHANNELS_FROM)]!
    return {
      auction: FIRST_ID + auction,
      bidder: FIRST_ID + bidder,
      price,
      channel,
      url,
      dateTime: this.timeMs(n),
      extra: texts.extra(32, 100),
    }
  }

  private digits(): string {
    return String(this.draws.below(10_000)).padStart(4, '0')
  }

  private coldPerson(n: number): number {
    const persons = lastPerson(n) + 1
    const active = Math.min(persons, ACTIVE_PERSONS)
    return persons - active + this.draws.below(active + AHEAD)
  }

  private coldAuction(n: number): number {
    const last = lastAuction(n)
    const first = Math.max(last - ACTIVE_AUCTIONS, 0)
    return first + this.draws.below(last - first + 1 + AHEAD)
  }
}

/** The person of the round of event `n`, from 0. */
function lastPerson(n: number): number {
  return Math.floor(n / ROUND)
}

/** The newest auction at event `n`, from 0; −1 when there is none yet. */
function lastAuction(n: number): number {
  const place = n % ROUND
  const inRound = place === 0 ? -1 : Math.min(place, AUCTIONS) - 1
  return AUCTIONS * Math.floor(n / ROUND) + inRound
}
