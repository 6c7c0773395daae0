/** Offsets and days of time zones against Temporal, which this Node has and older ones have not. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ZoneOffsets } from '../../../../operators/window/zone/zone-offsets.ts'
import { zonedGrid } from '../../../../operators/window/zone/zoned-grid.ts'
import { FRESH_SEED, runs } from '../../../support/scale.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
const ZONES = [
  'Europe/Berlin',
  'America/New_York',
  'America/St_Johns',
  'Asia/Kolkata',
  'Asia/Kathmandu',
  'Australia/Lord_Howe',
  'America/Santiago',
  'Africa/Casablanca',
  'Pacific/Apia',
  'UTC',
]

interface ZonedDateTime {
  readonly epochMilliseconds: number
  readonly offsetNanoseconds: number
  startOfDay(): ZonedDateTime
  add(duration: { readonly days: number }): ZonedDateTime
}
interface Instant {
  toZonedDateTimeISO(timeZone: string): ZonedDateTime
}
// The compiler does not know it yet.
const { Temporal } = globalThis as unknown as {
  readonly Temporal: { readonly Instant: { fromEpochMilliseconds(ms: number): Instant } }
}
const zoned = (ms: number, zone: string) => Temporal.Instant.fromEpochMilliseconds(ms).toZonedDateTimeISO(zone)

const instants = fc.integer({ min: Date.UTC(1950, 0, 1), max: Date.UTC(2040, 0, 1) })

describe.each(ZONES)('%s', (zone) => {
  it(`is as far ahead of UTC as Temporal says (seed ${FRESH_SEED})`, () => {
    const offsets = new ZoneOffsets(zone)
    fc.assert(
      fc.property(instants, (ms) => {
        expect(offsets.at(ms)).toBe(zoned(ms, zone).offsetNanoseconds / 1e6)
      }),
      runs(10_000),
    )
  })

  it(`has days from midnight to midnight (seed ${FRESH_SEED})`, () => {
    const grid = zonedGrid(zone, DAY_MS, 0)
    fc.assert(
      fc.property(instants, (ms) => {
        const index = grid.indexOf(ms)
        const start = zoned(ms, zone).startOfDay()
        const next = start.add({ days: 1 }).startOfDay()
        // Where clocks are set back over midnight a day begins when they first show it: St. John's, 2009-11-01T00:01.
        const hasBegun = next.epochMilliseconds <= ms
        expect(grid.startMs(index)).toBe((hasBegun ? next : start).epochMilliseconds)
        expect(grid.startMs(index + 1)).toBeGreaterThan(ms)
      }),
      runs(10_000),
    )
  })

  it('has days that follow each other without a gap, over all changes of its clocks since 2000', () => {
    const grid = zonedGrid(zone, DAY_MS, 0)
    for (let ms = Date.UTC(2000, 0, 2); ms < Date.UTC(2027, 0, 1); ms += 6 * HOUR_MS) {
      const index = grid.indexOf(ms)
      const start = zoned(ms, zone).startOfDay()
      expect([grid.startMs(index), grid.startMs(index + 1)]).toEqual([
        start.epochMilliseconds,
        start.add({ days: 1 }).startOfDay().epochMilliseconds,
      ])
    }
  })

  it.each([6 * HOUR_MS, 4 * HOUR_MS, HOUR_MS, HOUR_MS / 2, 5 * 60_000])('cuts time into pieces of %i ms', (sizeMs) => {
    const grid = zonedGrid(zone, sizeMs, 0)
    for (let ms = Date.UTC(2024, 9, 26); ms < Date.UTC(2024, 9, 28); ms += 7 * 60_000) {
      const index = grid.indexOf(ms)
      expect(grid.startMs(index)).toBeLessThanOrEqual(ms)
      expect(grid.startMs(index + 1)).toBeGreaterThan(ms)
      expect(grid.indexOf(grid.startMs(index))).toBe(index)
    }
  })
})

describe('what clocks show twice, or not at all', () => {
  const berlin = new ZoneOffsets('Europe/Berlin')

  it('begins when they show it first', () => {
    expect(berlin.firstInstantOf(Date.UTC(2024, 9, 27, 2, 30))).toBe(Date.UTC(2024, 9, 27, 0, 30))
    expect(berlin.firstInstantOf(Date.UTC(2024, 9, 27, 3))).toBe(Date.UTC(2024, 9, 27, 2))
  })

  it('begins when they skip it', () => {
    expect(berlin.firstInstantOf(Date.UTC(2024, 2, 31, 2, 30))).toBe(Date.UTC(2024, 2, 31, 1))
    expect(berlin.firstInstantOf(Date.UTC(2024, 2, 31, 3))).toBe(Date.UTC(2024, 2, 31, 1))
    expect(berlin.firstInstantOf(Date.UTC(2024, 2, 31, 4))).toBe(Date.UTC(2024, 2, 31, 2))
  })

  it('is known at the ends of time too', () => {
    expect(berlin.at(-8.64e15)).toBe(berlin.at(-6.2135e13))
    expect(berlin.at(8.64e15)).toBeTypeOf('number')
  })
})
