/** Truncated bounds, and the orders they are compared in. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  truncateBytes,
  truncateBytesUp,
  truncateString,
  truncateStringUp,
} from '../../../../connectors/iceberg/format/bounds.ts'
import { compareValues } from '../../../../connectors/iceberg/format/value.ts'
import { runs } from '../../../support/scale.ts'

const anyString = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.string({ unit: fc.constantFrom('a', '\uffff', '\ud7ff', '\ue000', '\u{10ffff}', '\u{10000}'), maxLength: 40 }),
)

describe('strings', () => {
  it('cuts by code points, never through a pair', () => {
    expect(truncateString('\u{1F600}'.repeat(20))).toBe('\u{1F600}'.repeat(16))
  })

  it('increments the last code point that can be', () => {
    expect(truncateStringUp('abc', 2)).toBe('ac')
    expect(truncateStringUp('a\u{10ffff}c', 2)).toBe('b')
    expect(truncateStringUp('\ud7ffx', 1)).toBe('\ue000')
    expect(truncateStringUp('\u{10ffff}\u{10ffff}x', 2)).toBeUndefined()
    expect(truncateStringUp('ab', 2)).toBe('ab')
  })

  it('bounds every string from below and above', () => {
    fc.assert(
      fc.property(anyString, (value) => {
        expect(compareValues(truncateString(value), value)).toBeLessThanOrEqual(0)
        const upper = truncateStringUp(value)
        if (upper !== undefined) expect(compareValues(upper, value)).toBeGreaterThanOrEqual(0)
      }),
      runs(10_000),
    )
  })

  it('compares as their UTF-8 bytes do', () => {
    fc.assert(
      fc.property(anyString, anyString, (a, b) => {
        expect(Math.sign(compareValues(a, b))).toBe(Buffer.compare(Buffer.from(a), Buffer.from(b)))
      }),
      runs(10_000),
    )
  })
})

it('bounds bytes from below and above', () => {
  expect(truncateBytesUp(Uint8Array.of(1, 255, 255, 0), 3)).toEqual(Uint8Array.of(2))
  expect(truncateBytesUp(Uint8Array.of(255, 255, 0), 2)).toBeUndefined()
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), (value) => {
      expect(compareValues(truncateBytes(value), value)).toBeLessThanOrEqual(0)
      const upper = truncateBytesUp(value)
      if (upper !== undefined) expect(compareValues(upper, value)).toBeGreaterThanOrEqual(0)
    }),
    runs(10_000),
  )
})

it('puts −0.0 before +0.0', () => {
  expect(compareValues(-0, 0)).toBeLessThan(0)
  expect(compareValues(0, -0)).toBeGreaterThan(0)
  expect(compareValues(-0, -0)).toBe(0)
})
