import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import {
  binary,
  date,
  decimal,
  double,
  fixed,
  float,
  int,
  int53,
  long,
  time,
  timestamp,
  timestamptz,
  uuid,
} from '../../../topology/schema/index.ts'
import { formatLayout, layoutOf } from '../../../topology/state/layout.ts'

describe('layoutOf', () => {
  it('is of the checkpoint format: checkpoints are read by it', () => {
    const Everything = z.object({
      zeta: z.string(),
      boolean: z.boolean(),
      int: int(),
      int53: int53(),
      long: long(),
      bigint: z.bigint(),
      float: float(),
      double: double(),
      small: decimal(15, 2),
      large: decimal(18, 2),
      date: date(),
      time: time(),
      timestamp: timestamp(),
      timestamptz: timestamptz(),
      uuid: uuid(),
      binary: binary(),
      fixed: fixed(16),
      kind: z.enum(['a', 'b']),
      optional: z.string().optional(),
      nullish: int53().nullish(),
      nested: z.object({ inner: z.array(z.string().nullable()) }).nullable(),
      counts: z.record(z.string(), int53()),
      maybe: z.map(z.int(), z.string().optional()),
    })
    expect(layoutOf(Everything)).toEqual({
      struct: {
        zeta: 'string',
        boolean: 'boolean',
        int: 'int',
        int53: 'int53',
        long: 'long',
        bigint: 'long',
        float: 'float',
        double: 'double',
        small: 'decimal(15, 2)',
        large: 'decimal(18, 2)',
        date: 'date',
        time: 'time',
        timestamp: 'timestamp',
        timestamptz: 'timestamptz',
        uuid: 'uuid',
        binary: 'binary',
        fixed: 'fixed[16]',
        kind: 'string',
        optional: { nullable: 'string' },
        nullish: { nullable: 'int53' },
        nested: { nullable: { struct: { inner: { list: { nullable: 'string' } } } } },
        counts: { map: ['string', 'int53'] },
        maybe: { map: ['int53', { nullable: 'string' }] },
      },
    })
    // The order of fields is that of the bytes.
    expect(Object.keys((layoutOf(Everything) as { struct: object }).struct)[0]).toBe('zeta')
  })

  it('is that of a value that is no record, too', () => {
    expect(layoutOf(long())).toBe('long')
    expect(layoutOf(z.string().nullable())).toEqual({ nullable: 'string' })
    expect(layoutOf(z.array(int53()))).toEqual({ list: 'int53' })
  })

  it('refuses what has no type of its own', () => {
    expect(() => layoutOf(z.object({ a: z.union([z.string(), z.int()]) }))).toThrow(
      expect.objectContaining({ code: 'SCHEMA_UNSUPPORTED', details: { field: 'a' } }),
    )
  })
})

describe('formatLayout', () => {
  it('is short', () => {
    const layout = layoutOf(
      z.object({ id: z.string(), tags: z.array(int()).optional(), counts: z.record(z.string(), long()) }),
    )
    expect(formatLayout(layout)).toBe('{ id: string, tags: list(int)?, counts: map(string, long) }')
  })
})
