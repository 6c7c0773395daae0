import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  formatDate,
  formatLocalMicros,
  formatMicros,
  formatTimeMicros,
  parseIsoDate,
  parseIsoLocalTimestampMicros,
  parseIsoTimeMicros,
  parseIsoTimestampMicros,
  parseIsoTimestampMs,
} from '../../../topology/schema/iso-time.ts'
import { runs } from '../../support/scale.ts'

const MIN_MICROS = -62_135_596_800_000_000n
const MAX_MICROS = 253_402_300_799_999_999n
const MICROS_PER_DAY = 86_400_000_000n

describe('date-times with zone', () => {
  it.each([
    ['1970-01-01T00:00:00Z', 0n],
    ['1970-01-01T00:00:00.000001Z', 1n],
    ['1969-12-31T23:59:59.9Z', -100_000n],
    ['1970-01-01T01:00:00+01:00', 0n],
    ['1969-12-31T18:30:00-05:30', 0n],
    ['2024-02-29T12:00:00.123456000Z', 1_709_208_000_123_456n],
    ['2000-02-29T00:00:00Z', 951_782_400_000_000n],
    ['0001-01-01T00:00:00Z', MIN_MICROS],
    ['9999-12-31T23:59:59.999999Z', MAX_MICROS],
  ])('reads %s', (text, micros) => {
    expect(parseIsoTimestampMicros(text)).toBe(micros)
    expect(parseIsoTimestampMs(text)).toBe(Number((micros - (((micros % 1000n) + 1000n) % 1000n)) / 1000n))
  })

  it.each([
    '',
    'yesterday',
    '2026-11-23',
    '2026-11-23T08:30:00',
    '2026-11-23 08:30:00Z',
    '2026-11-23t08:30:00z',
    '2026-11-23T08:30Z',
    '20261123T083000Z',
    '2026-11-23T08:30:00.Z',
    '2026-11-23T08:30:00,5Z',
    '2026-11-23T08:30:00.0000001Z',
    '2026-11-23T08:30:00.0000000000Z',
    '2026-11-23T08:30:00+0100',
    '2026-11-23T08:30:00+01',
    '2026-11-23T08:30:00+24:00',
    '2026-11-23T08:30:00+01:60',
    '2026-11-23T08:30:00Z ',
    ' 2026-11-23T08:30:00Z',
    '2026-11-23T24:00:00Z',
    '2026-11-23T23:60:00Z',
    '2016-12-31T23:59:60Z',
    '2026-02-29T00:00:00Z',
    '1900-02-29T00:00:00Z',
    '2026-04-31T00:00:00Z',
    '2026-00-10T00:00:00Z',
    '2026-13-10T00:00:00Z',
    '2026-01-00T00:00:00Z',
    '0000-01-01T00:00:00Z',
    '10000-01-01T00:00:00Z',
    '+002026-11-23T00:00:00Z',
    '0001-01-01T00:00:00+00:01',
    '9999-12-31T23:59:59-00:01',
    '２026-11-23T08:30:00Z',
  ])('refuses %j', (text) => {
    expect(parseIsoTimestampMicros(text)).toBeUndefined()
    expect(parseIsoTimestampMs(text)).toBeNaN()
  })

  it('agrees with Date on every instant and offset', () => {
    fc.assert(
      fc.property(
        fc.date({ min: new Date('0001-01-02T00:00:00Z'), max: new Date('9999-12-30T00:00:00Z'), noInvalidDate: true }),
        fc.integer({ min: -1439, max: 1439 }),
        (instant, offset) => {
          const local = new Date(instant.getTime() + offset * 60_000).toISOString().slice(0, -1)
          const minutes = Math.abs(offset)
          const zone = `${offset < 0 ? '-' : '+'}${pad(Math.floor(minutes / 60))}:${pad(minutes % 60)}`
          expect(parseIsoTimestampMs(local + zone)).toBe(instant.getTime())
          expect(parseIsoTimestampMicros(local + zone)).toBe(BigInt(instant.getTime()) * 1000n)
        },
      ),
      runs(10_000),
    )
  })

  it('is written as Date writes it', () => {
    const millis = fc.bigInt({ min: MIN_MICROS / 1000n, max: MAX_MICROS / 1000n })
    fc.assert(
      fc.property(millis, (ms) => {
        expect(formatMicros(ms * 1000n)).toBe(new Date(Number(ms)).toISOString())
      }),
      runs(20_000),
    )
  })

  it('is the inverse of formatMicros', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: MIN_MICROS, max: MAX_MICROS }), (micros) => {
        expect(parseIsoTimestampMicros(formatMicros(micros))).toBe(micros)
        expect(parseIsoLocalTimestampMicros(formatLocalMicros(micros))).toBe(micros)
      }),
      runs(10_000),
    )
  })

  it('writes three digits of fraction where they do', () => {
    expect(formatMicros(0n)).toBe('1970-01-01T00:00:00.000Z')
    expect(formatMicros(-1n)).toBe('1969-12-31T23:59:59.999999Z')
  })

  it('refuses to write years that ISO 8601 has no plain form for', () => {
    expect(() => formatMicros(MAX_MICROS + 1n)).toThrow('is not within years 0001 to 9999')
    expect(() => formatMicros(MIN_MICROS - 1n)).toThrow(RangeError)
    expect(() => formatDate(2_932_897)).toThrow(RangeError)
  })
})

describe('dates, times and local date-times', () => {
  it('reads and writes dates', () => {
    fc.assert(
      fc.property(fc.integer({ min: -719_162, max: 2_932_896 }), (days) => {
        expect(parseIsoDate(formatDate(days))).toBe(days)
      }),
      runs(10_000),
    )
    expect(parseIsoDate('2026-11-23')).toBe(Date.UTC(2026, 10, 23) / 86_400_000)
    for (const text of ['2026-11-23T', '2026-1-23', '0000-01-01', '2026-02-29', ''])
      expect(parseIsoDate(text)).toBeNaN()
  })

  it('reads and writes times', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: MICROS_PER_DAY - 1n }), (micros) => {
        expect(parseIsoTimeMicros(formatTimeMicros(micros))).toBe(micros)
      }),
      runs(10_000),
    )
    for (const text of ['24:00:00', '08:30', '08:30:00Z', '08:30:00.', '8:30:00', '08:30:00.1234567']) {
      expect(parseIsoTimeMicros(text)).toBeUndefined()
    }
    expect(() => formatTimeMicros(MICROS_PER_DAY)).toThrow(RangeError)
  })

  it('refuses a zone where there is none', () => {
    expect(parseIsoLocalTimestampMicros('1970-01-01T00:00:01')).toBe(1_000_000n)
    expect(parseIsoLocalTimestampMicros('1970-01-01T00:00:01Z')).toBeUndefined()
  })
})

function pad(value: number): string {
  return String(value).padStart(2, '0')
}
