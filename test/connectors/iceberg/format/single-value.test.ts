/** Single values in binary, as Appendix D lays them out. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { deserializeValue, serializeValue } from '../../../../connectors/iceberg/format/single-value.ts'
import type { Value } from '../../../../connectors/iceberg/format/value.ts'
import type { PrimitiveType } from '../../../../topology/schema/types.ts'
import { runs } from '../../../support/scale.ts'

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')

describe('serializeValue', () => {
  it.each<[PrimitiveType, Value, string]>([
    [{ kind: 'boolean' }, true, '01'],
    [{ kind: 'boolean' }, false, '00'],
    [{ kind: 'int' }, -2, 'feffffff'],
    [{ kind: 'date' }, 17486, '4e440000'],
    [{ kind: 'long' }, 2n ** 40n, '0000000000010000'],
    [{ kind: 'timestamptz' }, -1n, 'ffffffffffffffff'],
    [{ kind: 'float' }, 1.5, '0000c03f'],
    [{ kind: 'double' }, -0, '0000000000000080'],
    [{ kind: 'decimal', precision: 9, scale: 2 }, 1420n, '058c'],
    [{ kind: 'decimal', precision: 9, scale: 2 }, 128n, '0080'],
    [{ kind: 'decimal', precision: 9, scale: 2 }, -128n, '80'],
    [{ kind: 'decimal', precision: 9, scale: 2 }, 0n, '00'],
    [{ kind: 'string' }, 'é', 'c3a9'],
    [{ kind: 'uuid' }, 'f79c3e09-677c-4bbd-a479-3f349cb785e7', 'f79c3e09677c4bbda4793f349cb785e7'],
    [{ kind: 'binary' }, Uint8Array.of(1, 0), '0100'],
  ])('%j %s', (type, value, bytes) => {
    expect(hex(serializeValue(type, value))).toBe(bytes)
    expect(deserializeValue(type, Buffer.from(bytes, 'hex'))).toEqual(
      value instanceof Uint8Array ? Buffer.from(value) : value,
    )
  })
})

it('reads the narrower form of a type that was widened since', () => {
  expect(deserializeValue({ kind: 'long' }, Buffer.from('feffffff', 'hex'))).toBe(-2n)
  expect(deserializeValue({ kind: 'double' }, Buffer.from('0000c03f', 'hex'))).toBe(1.5)
})

it('keeps every decimal', () => {
  const type: PrimitiveType = { kind: 'decimal', precision: 38, scale: 0 }
  const limit = 10n ** 38n - 1n
  fc.assert(
    fc.property(fc.bigInt({ min: -limit, max: limit }), (value) => {
      expect(deserializeValue(type, serializeValue(type, value))).toBe(value)
    }),
    runs(10_000),
  )
})
