import { describe, expect, test } from 'vitest'
import { UserActionEvent } from '../../../jobs/medallion/schemas.ts'
import { nextFirstDay } from '../../../jobs/medallion/simulator/first-day.ts'
import { publishShop } from '../../../jobs/medallion/simulator/publish-shop.ts'
import {
  DAY_MS,
  noCounts,
  outcomesOf,
  type SimulatedRecord,
  simulateShop,
} from '../../../jobs/medallion/simulator/simulate-shop.ts'
import { isDirt, VARIANT_NAMES, VARIANTS, type Variant } from '../../../jobs/medallion/simulator/variants.ts'
import { EventProducer } from '../../../runtime/producer/event-producer.ts'
import { jsonDeserializer } from '../../../topology/schema/index.ts'
import { readAll, readerContext, type TestLog, temporaryLog } from '../../connectors/log/setup.ts'
import { recordingLogger, silentMetrics } from '../../support/silent.ts'

const START_MS = Date.parse('2026-01-01T00:00:00Z')
const END_MS = START_MS + 2 * DAY_MS
const EVENTS = 60_000

const records = [...simulateShop({ seed: 1, events: EVENTS }).records()]
const counts = noCounts()
for (const { variant } of records) counts[variant]++

const of = (variant: Variant) => records.filter((record) => record.variant === variant)
const eventOf = (record: SimulatedRecord) => (record as Extract<SimulatedRecord, { kind: 'event' }>).event
const timeOf = (record: SimulatedRecord) => Date.parse(eventOf(record).event_timestamp)
const fingerprint = (all: Iterable<SimulatedRecord>) =>
  Array.from(all, (r) => (r.kind === 'event' ? JSON.stringify(r.event) : `${r.key} ${r.bytes.toString('base64')}`))

describe('a simulated shop', () => {
  test('is the same for the same seed and day, and another for others', () => {
    const shop = { seed: 7, events: 2_000, firstDay: '2026-03-01' }
    const once = simulateShop(shop)
    const first = fingerprint(once.records())
    expect(first).toHaveLength(2_000)
    expect(fingerprint(once.records())).toEqual(first)
    expect(fingerprint(simulateShop({ ...shop, seed: 8 }).records())).not.toEqual(first)
    expect(fingerprint(simulateShop({ ...shop, firstDay: '2026-03-02' }).records())).not.toEqual(first)
    expect(once.untilDay).toBe('2026-03-03')
  })

  test('has exactly as many records as asked, each variant at about its rate', () => {
    expect(records).toHaveLength(EVENTS)
    for (const variant of VARIANT_NAMES) {
      const expected = variant === 'large' ? 1 : (EVENTS * VARIANTS[variant].rate) / 10_000
      if (variant === 'clean') continue
      const deviation = Math.abs(counts[variant] - expected)
      expect(deviation, `${variant}: ${counts[variant]}, expected about ${expected}`).toBeLessThan(
        variant === 'large' ? 1 : 5 * Math.sqrt(expected) + expected * 0.1,
      )
    }
    const outcomes = outcomesOf(counts)
    expect(Object.values(outcomes).reduce((sum, count) => sum + count)).toBe(EVENTS)
    expect(outcomes.duplicate).toBe(counts.duplicate)
  })

  test('sends events that the schema takes, and dirt that it refuses', () => {
    const deserializer = jsonDeserializer(UserActionEvent)
    const isValid = (record: SimulatedRecord) => {
      if (record.kind === 'event') return UserActionEvent.safeParse(record.event).success
      if (!deserializer.decode(record.bytes).ok) return false
      return UserActionEvent.safeParse(JSON.parse(record.bytes.toString())).success
    }
    expect(records.filter((record) => (record.kind === 'raw') !== isDirt(record.variant))).toEqual([])
    expect(records.filter((record) => isValid(record) === isDirt(record.variant))).toEqual([])
  })

  test('covers its days whole, and only what is late on purpose lies before them', () => {
    const onPurpose: readonly Variant[] = ['late', 'expired', 'duplicate'] // a late one may be repeated
    const timesMs = records.filter(({ kind, variant }) => kind === 'event' && !onPurpose.includes(variant)).map(timeOf)
    const first = timesMs.reduce((a, b) => Math.min(a, b))
    const last = timesMs.reduce((a, b) => Math.max(a, b))
    expect(first).toBe(START_MS)
    expect(last).toBeLessThan(END_MS)
    expect(END_MS - last).toBeLessThan(60_000)
  })

  test('is out of order by ten minutes at most, but for what is late', () => {
    let newestMs = Number.NEGATIVE_INFINITY
    let disordered = 0
    let mostMs = 0
    for (const record of records) {
      if (record.kind === 'raw' || ['late', 'expired', 'duplicate'].includes(record.variant)) continue
      const timeMs = timeOf(record)
      mostMs = Math.max(mostMs, newestMs - timeMs)
      if (timeMs < newestMs - 60_000) disordered++
      newestMs = Math.max(newestMs, timeMs)
    }
    expect(mostMs).toBeLessThan(11 * 60_000)
    expect(disordered).toBeGreaterThan(1_000)
  })

  test('late events come when the windows of their day have closed, expired ones after the horizon', () => {
    let newestMs = Number.NEGATIVE_INFINITY
    for (const record of records) {
      if (record.kind === 'raw') continue
      const timeMs = timeOf(record)
      if (record.variant === 'late') {
        const windowEndMs = timeMs - (timeMs % DAY_MS) + DAY_MS
        expect(newestMs).toBeGreaterThan(windowEndMs + 2.5 * 3_600_000)
        expect(newestMs - timeMs).toBeLessThan(6.5 * 3_600_000)
      } else if (record.variant === 'expired') {
        expect(newestMs - timeMs).toBeGreaterThan(2 * DAY_MS)
      } else {
        newestMs = Math.max(newestMs, timeMs)
      }
    }
    expect(of('late').some((record) => timeOf(record) >= START_MS)).toBe(true)
  })

  test('duplicates repeat an event of the run close by; all other ids are distinct', () => {
    const positions = new Map<string, number>()
    const wrong: SimulatedRecord[] = []
    for (const [position, record] of records.entries()) {
      if (record.kind === 'raw') continue
      const id = record.event.event_id
      const original = positions.get(id)
      const isDuplicate = original !== undefined && position - original <= 200
      if (isDuplicate !== (record.variant === 'duplicate')) wrong.push(record)
      positions.set(id, original ?? position)
    }
    expect(wrong).toEqual([])
    expect(eventOf(records[0]!).event_id).toMatch(
      /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
    )
  })

  test('sends one record of almost a megabyte, which Kafka still takes', () => {
    expect(of('large').map((record) => eventOf(record).payload['note'])).toEqual([expect.any(String)])
    expect(JSON.stringify(eventOf(of('large')[0]!)).length).toSatisfy(
      (length: number) => length > 1_000_000 && length < 1_048_000,
    )
  })

  test('refuses a first day that is none', () => {
    expect(() => simulateShop({ seed: 1, events: 1, firstDay: 'today' })).toThrow(/firstDay 'today'/)
  })
})

describe('publishing it', () => {
  async function openProducer({ log, clock }: TestLog) {
    return EventProducer.open({
      system: log,
      schema: UserActionEvent,
      sourceSystem: 'shop-simulator',
      clock,
      random: Math.random,
      logger: recordingLogger(),
      metrics: silentMetrics,
    })
  }

  test('puts every record into the log, and the next run begins where it ended', async () => {
    const opened = temporaryLog()
    const { log, clock } = opened
    await using producer = await openProducer(opened)
    const context = readerContext(clock)
    expect(await nextFirstDay(log, 'raw-events', context)).toBe('2026-01-01')

    const progress: number[] = []
    const simulation = simulateShop({ seed: 3, events: 2_500 })
    const published = await publishShop(producer, simulation, {
      batch: 1_000,
      onProgress: (n) => void progress.push(n),
    })
    expect(progress).toEqual([1_000, 2_000, 2_500])
    const stored = await readAll(log.source('raw-events'), clock)
    expect(stored).toHaveLength(2_500)
    expect(Object.values(published).reduce((sum, count) => sum + count)).toBe(2_500)

    const injected = [...simulation.records()].flatMap((r) => (r.kind === 'event' ? r.event.event_id : []))
    const ids = stored.map(
      ({ value }) =>
        Buffer.from(value!)
          .toString()
          .match(/"event_id":"([^"]+)"/)?.[1],
    )
    const storedIds = new Set(ids)
    expect(injected.filter((id) => !storedIds.has(id))).toEqual([])

    expect(await nextFirstDay(log, 'raw-events', context)).toBe('2026-01-03')
    await publishShop(producer, simulateShop({ seed: 3, events: 500, firstDay: '2026-01-03' }))
    expect(await nextFirstDay(log, 'raw-events', context)).toBe('2026-01-05')
  })

  test('stops after the batch under way when told to, and a cut run is followed by the next days', async () => {
    const opened = temporaryLog()
    await using producer = await openProducer(opened)
    const controller = new AbortController()
    await publishShop(producer, simulateShop({ seed: 3, events: 5_000 }), {
      batch: 100,
      signal: controller.signal,
      onProgress: (n) => {
        if (n === 300) controller.abort()
      },
    })
    expect(await readAll(opened.log.source('raw-events'), opened.clock)).toHaveLength(300)
    expect(await nextFirstDay(opened.log, 'raw-events', readerContext(opened.clock))).toBe('2026-01-03')
  })

  test("goes behind anybody else's events, and is not led astray by dirt", async () => {
    const { log, clock } = temporaryLog()
    await log.ensureTopic('raw-events')
    const event = (event_timestamp: string) => ({ key: null, value: Buffer.from(JSON.stringify({ event_timestamp })) })
    await log.append(
      'raw-events',
      [event('2026-05-06T23:00:00Z'), event('+010000-01-01T00:00:00Z'), { key: null, value: Buffer.from('{') }],
      'all',
    )
    expect(await nextFirstDay(log, 'raw-events', readerContext(clock))).toBe('2026-05-07')
  })
})
