import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decimalProblem, formatDecimal, parseDecimal, scaleShortNumber } from '../../../topology/schema/decimal.ts'
import { runs } from '../../support/scale.ts'

describe('parseDecimal', () => {
  it.each([
    ['0', 0n],
    ['-0.00', 0n],
    ['19.9', 1990n],
    ['-19.90', -1990n],
    ['12.5000000', 1250n],
    ['1.5e3', 150000n],
    ['1990E-2', 1990n],
    ['1e-2', 1n],
    ['0e999999999999', 0n],
    ['9999999999999999.99', 999999999999999999n],
  ])('reads %s', (text, unscaled) => {
    expect(parseDecimal(text, 18, 2)).toBe(unscaled)
    expect(decimalProblem(text, 18, 2)).toBeUndefined()
  })

  it.each([
    ['', 'no decimal number'],
    ['+1', 'no decimal number'],
    ['01', 'no decimal number'],
    ['1.', 'no decimal number'],
    ['.5', 'no decimal number'],
    ['1 ', 'no decimal number'],
    ['NaN', 'no decimal number'],
    ['0x10', 'no decimal number'],
    ['1,5', 'no decimal number'],
    ['0.001', 'more than 2 decimals'],
    ['1e-3', 'more than 2 decimals'],
    ['10000000000000000', 'more than 16 digits before the point'],
    ['1e999999999999', 'more than 16 digits before the point'],
    ['1e-999999999999', 'more than 2 decimals'],
  ])('refuses %j: %s', (text, problem) => {
    expect(parseDecimal(text, 18, 2)).toBeUndefined()
    expect(decimalProblem(text, 18, 2)).toBe(problem)
  })

  it('takes a megabyte of digits in linear time', () => {
    expect(parseDecimal(`${'0'.repeat(1)}.${'01'.repeat(500_000)}`, 18, 2)).toBeUndefined()
    expect(parseDecimal(`1.${'0'.repeat(1_000_000)}`, 18, 2)).toBe(100n)
  })

  it('is the inverse of formatDecimal, at every scale', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(10n ** 38n) + 1n, max: 10n ** 38n - 1n }), fc.nat(38), (unscaled, scale) => {
        expect(parseDecimal(formatDecimal(unscaled, scale), 38, scale)).toBe(unscaled)
      }),
      runs(10_000),
    )
  })
})

describe('scaleShortNumber', () => {
  it('agrees with the text of every number of up to 15 digits', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: -(10 ** 15) + 1, max: 10 ** 15 - 1 }),
        fc.nat(15),
        fc.nat(15),
        (digits, places, scale) => {
          const text = formatDecimal(digits, places)
          const unscaled = scaleShortNumber(Number(text), 15, scale)
          // NaN asks for the long way, so it may not be claimed wrongly but may be claimed often.
          if (!Number.isNaN(unscaled)) expect(BigInt(unscaled)).toBe(parseDecimal(text, 15, scale))
        },
      ),
      runs(200_000),
    )
  })

  it('takes money the short way, and refuses what does not fit', () => {
    expect(scaleShortNumber(19.99, 18, 2)).toBe(1999)
    expect(scaleShortNumber(1.005, 18, 2)).toBeNaN()
    expect(scaleShortNumber(1000, 5, 2)).toBeNaN()
    expect(scaleShortNumber(999.99, 5, 2)).toBe(99999)
    expect(Object.is(scaleShortNumber(-0, 5, 2), 0)).toBe(true)
    expect(scaleShortNumber(1e300, 38, 2)).toBeNaN()
  })
})
