/** Code point order against the order of UTF-8 bytes. */
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { compareCodePoints } from '../../topology/code-point-order.ts'
import { runs } from '../support/scale.ts'

it('orders strings as their UTF-8 bytes', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (a, b) => {
      expect(Math.sign(compareCodePoints(a, b))).toBe(Buffer.compare(Buffer.from(a), Buffer.from(b)))
    }),
    runs(2_000),
  )
})

it('puts a character above the surrogates before one beyond the basic plane', () => {
  expect(compareCodePoints('\uffee', '\u{1f600}')).toBeLessThan(0)
  expect('\uffee' < '\u{1f600}').toBe(false)
})
