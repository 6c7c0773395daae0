import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { decimal, float, long, timestamptz, uuid, validate } from '../../../topology/schema/index.ts'

const Order = z.object({
  id: long(),
  at: timestamptz(),
  total: decimal(18, 2).refine((unscaled) => unscaled >= 0n, 'must not be negative'),
  customer: z.looseObject({ name: z.string().min(2) }).optional(),
  items: z.array(z.object({ sku: z.enum(['a', 'b']), quantity: z.int().min(1).default(1) })).optional(),
  attributes: z.record(z.string(), z.number()).optional(),
})

describe('validate', () => {
  it('gives the row', () => {
    const wire = {
      id: '9007199254740993',
      at: '2026-11-23T00:00:00Z',
      total: 19.9,
      items: [{ sku: 'a' }],
      attributes: { weight: 1 },
      customer: { name: 'Zoë', since: 2020 },
    }
    expect(validate(Order, wire)).toEqual({
      ok: true,
      value: {
        id: 9007199254740993n,
        at: 1_795_392_000_000_000n,
        total: 1990n,
        items: [{ sku: 'a', quantity: 1 }],
        attributes: new Map([['weight', 1]]),
        customer: { name: 'Zoë' },
      },
    })
  })

  it('has null for what is absent', () => {
    expect(validate(Order, { id: 1, at: '2026-11-23T00:00:00Z', total: 0 })).toMatchObject({
      ok: true,
      value: { customer: null, items: null, attributes: null },
    })
  })

  it('lists every error with its path', () => {
    const result = validate(Order, {
      id: 1.5,
      at: 'yesterday',
      total: -1,
      customer: { name: 'x', extra: true },
      items: [
        { sku: 'a', quantity: 0 },
        { sku: 'c', colour: 'red' },
      ],
      attributes: { weight: 'heavy' },
      surprise: 1,
    })
    expect(result.ok ? [] : result.errors).toEqual([
      { path: 'id', message: 'expected an integer, or its text' },
      { path: 'at', message: 'expected an ISO 8601 date-time with zone, such as 2026-11-23T08:30:00Z' },
      { path: 'total', message: 'must not be negative' },
      { path: 'customer.name', message: expect.stringContaining('Too small') },
      { path: 'items[0].quantity', message: expect.stringContaining('Too small') },
      { path: 'items[1].sku', message: expect.stringContaining('Invalid option') },
      { path: 'attributes.weight', message: expect.stringContaining('expected number') },
      { path: 'items[1].colour', message: 'unknown field' },
      { path: 'surprise', message: 'unknown field' },
    ])
  })

  it('names missing fields', () => {
    const result = validate(Order, {})
    expect(result.ok ? [] : result.errors.map((error) => error.path)).toEqual(['id', 'at', 'total'])
  })

  it('names unknown fields of strict objects once', () => {
    expect(validate(z.strictObject({ a: z.strictObject({}) }), { a: { b: 1 }, c: 1, d: undefined })).toEqual({
      ok: false,
      errors: [
        { path: 'a.b', message: 'unknown field' },
        { path: 'c', message: 'unknown field' },
        { path: 'd', message: 'unknown field' },
      ],
    })
  })

  it('refuses what is no object, no double, no UTF-8, and a decimal that is not exact', () => {
    for (const wire of [null, undefined, 1, 'x', []]) expect(validate(Order, wire).ok).toBe(false)
    const Odd = z.object({ n: z.number(), s: z.string(), d: decimal(5, 2), l: long() })
    const result = validate(Odd, { n: Number.POSITIVE_INFINITY, s: '\ud800', d: 0.001, l: '9223372036854775808' })
    expect(result.ok ? [] : result.errors).toEqual([
      { path: 'n', message: expect.stringContaining('expected number') },
      { path: 'd', message: 'expected decimal(5, 2), got more than 2 decimals' },
      { path: 'l', message: 'expected an integer of 64 bits' },
      { path: 's', message: 'a lone surrogate has no UTF-8 form' },
    ])
  })

  it('gives values as the table will hold them', () => {
    const Sample = z.object({ f: float(), u: uuid(), plain: z.uuid() })
    const id = '0199AAAA-7C1E-7E3B-9A55-000000033232'
    expect(validate(Sample, { f: 0.1, u: id, plain: id })).toEqual({
      ok: true,
      value: { f: Math.fround(0.1), u: id.toLowerCase(), plain: id.toLowerCase() },
    })
  })
})
