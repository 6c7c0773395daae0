/** Transforms against the specification's vectors (Appendix B) and against naive arithmetic. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  bindHash,
  bindTransform,
  parseTransform,
  printTransform,
  type Transform,
  transformResultType,
} from '../../../../connectors/iceberg/format/transform.ts'
import type { PrimitiveType } from '../../../../topology/schema/types.ts'
import { runs } from '../../../support/scale.ts'

const type = (kind: string): PrimitiveType => ({ kind }) as PrimitiveType
const decimal = (precision: number, scale: number): PrimitiveType => ({ kind: 'decimal', precision, scale })
const micros = (iso: string) => BigInt(Date.parse(iso)) * 1000n

describe('bucket hashes of Appendix B', () => {
  it.each<[string, PrimitiveType, unknown, number]>([
    ['int 34', type('int'), 34, 2017239379],
    ['long 34', type('long'), 34n, 2017239379],
    ['long 34 in a number', type('long'), 34, 2017239379],
    ['decimal 14.20', decimal(9, 2), 1420n, -500754589],
    ['decimal 14.20 in a number', decimal(9, 2), 1420, -500754589],
    ['date 2017-11-16', type('date'), 17486, -653330422],
    ['time 22:31:08', type('time'), 81_068_000_000n, -662762989],
    ['timestamp 2017-11-16T22:31:08', type('timestamp'), micros('2017-11-16T22:31:08Z'), -2047944441],
    ['timestamp with microseconds', type('timestamp'), micros('2017-11-16T22:31:08Z') + 1n, -1207196810],
    ['timestamptz 2017-11-16T14:31:08-08:00', type('timestamptz'), micros('2017-11-16T14:31:08-08:00'), -2047944441],
    ['string iceberg', type('string'), 'iceberg', 1210000089],
    ['uuid', type('uuid'), 'f79c3e09-677c-4bbd-a479-3f349cb785e7', 1488055340],
    ['fixed', { kind: 'fixed', length: 4 }, Uint8Array.of(0, 1, 2, 3), -188683207],
    ['binary', type('binary'), Uint8Array.of(0, 1, 2, 3), -188683207],
  ])('%s', (_name, source, value, hash) => {
    expect(bindHash(source)!(value)).toBe(hash)
    expect(bindTransform({ kind: 'bucket', buckets: 16 }, source)(value)).toBe((hash & 0x7fffffff) % 16)
  })

  it('hashes a number and a bigint alike', () => {
    const hash = bindHash(type('long'))!
    fc.assert(
      fc.property(fc.maxSafeInteger(), (n) => hash(n) === hash(BigInt(n))),
      runs(10_000),
    )
  })
})

describe('truncate', () => {
  it.each<[PrimitiveType, number, unknown, unknown]>([
    [type('int'), 10, 1, 0],
    [type('int'), 10, -1, -10],
    [type('long'), 10, 1n, 0n],
    [type('long'), 10, -1n, -10n],
    [type('long'), 10, -1, -10n],
    [decimal(9, 2), 50, 1065n, 1050n],
    [type('string'), 3, 'iceberg', 'ice'],
    [type('string'), 3, 'イロハニホヘト', 'イロハ'],
    [type('string'), 1, '\u{1F600}\u{1F601}', '\u{1F600}'],
    [type('binary'), 3, Uint8Array.of(1, 2, 3, 4, 5), Uint8Array.of(1, 2, 3)],
  ])('%j to a width of %i', (source, width, value, truncated) => {
    expect(bindTransform({ kind: 'truncate', width }, source)(value)).toEqual(truncated)
  })
})

describe('time transforms', () => {
  it.each<[string, string, Record<string, number>]>([
    ['1970-01-01T00:00:00Z', '', { year: 0, month: 0, day: 0, hour: 0 }],
    ['1969-12-31T23:59:59.999Z', '', { year: -1, month: -1, day: -1, hour: -1 }],
    ['2017-11-16T22:31:08Z', '', { year: 47, month: 574, day: 17486, hour: 419686 }],
    ['0000-01-01T00:00:00Z', '', { year: -1970, month: -23640, day: -719528, hour: -17268672 }],
  ])('%s', (iso, _none, expected) => {
    for (const [kind, value] of Object.entries(expected)) {
      for (const source of ['timestamp', 'timestamptz']) {
        expect(bindTransform({ kind } as Transform, type(source))(micros(iso))).toBe(value)
      }
      if (kind !== 'hour') expect(bindTransform({ kind } as Transform, type('date'))(expected['day'])).toBe(value)
    }
  })

  it('rounds down everywhere in the range of 64 bits', () => {
    const floor = (a: bigint, b: bigint) => Number(a / b - (a % b < 0n ? 1n : 0n))
    const anyMicros = fc.oneof(
      fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
      fc.bigInt({ min: -(10n ** 16n), max: 10n ** 16n }),
      fc
        .tuple(fc.integer({ min: -52_000, max: 52_000 }), fc.integer({ min: -1, max: 1 }))
        .map(([day, off]) => BigInt(day) * 86_400_000_000n + BigInt(off)),
    )
    const day = bindTransform({ kind: 'day' }, type('timestamptz'))
    const hour = bindTransform({ kind: 'hour' }, type('timestamptz'))
    fc.assert(
      fc.property(anyMicros, (value) => {
        expect(day(value)).toBe(floor(value, 86_400_000_000n))
        expect(hour(value)).toBe(floor(value, 3_600_000_000n))
      }),
      runs(10_000),
    )
  })
})

it('identity keeps values, void drops them, null stays null', () => {
  expect(bindTransform({ kind: 'identity' }, decimal(9, 2))(1420)).toBe(1420n)
  expect(bindTransform({ kind: 'void' }, type('string'))('x')).toBeNull()
  expect(bindTransform({ kind: 'bucket', buckets: 3 }, type('string'))(null)).toBeNull()
})

it('refuses what the specification does not allow', () => {
  const refused: readonly [Transform, PrimitiveType][] = [
    [{ kind: 'bucket', buckets: 2 }, type('double')],
    [{ kind: 'bucket', buckets: 2 }, type('boolean')],
    [{ kind: 'truncate', width: 2 }, type('date')],
    [{ kind: 'hour' }, type('date')],
    [{ kind: 'day' }, type('time')],
    [{ kind: 'year' }, type('string')],
  ]
  for (const [transform, source] of refused) {
    expect(() => bindTransform(transform, source)).toThrow(expect.objectContaining({ code: 'TRANSFORM_UNSUPPORTED' }))
  }
  expect(() => parseTransform('zorder')).toThrow(/zorder/)
})

it('prints and parses, and tells the type of the values', () => {
  for (const text of ['identity', 'bucket[16]', 'truncate[3]', 'year', 'month', 'day', 'hour', 'void']) {
    expect(printTransform(parseTransform(text))).toBe(text)
  }
  expect(transformResultType({ kind: 'day' }, type('timestamptz'))).toEqual({ kind: 'date' })
  expect(transformResultType({ kind: 'bucket', buckets: 2 }, type('string'))).toEqual({ kind: 'int' })
  expect(transformResultType({ kind: 'truncate', width: 2 }, type('string'))).toEqual({ kind: 'string' })
})
