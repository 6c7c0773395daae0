import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { Batch } from '../../topology/element.ts'
import { type RecordParts, recordEncoder } from '../../topology/encode-record.ts'
import { decimal, double, jsonDeserializer, jsonSerializer, long, type Row } from '../../topology/schema/index.ts'
import { topic } from '../../topology/topic.ts'

const Order = z.object({ id: long(), customer: z.string().nullish(), amount: decimal(18, 2), weight: double() })
type OrderRow = Row<typeof Order>
const orders = topic('orders', Order)
const order: OrderRow = { id: 7n, customer: 'ann', amount: 1990n, weight: 0.5 }

const encode = (rows: OrderRow[], parts: RecordParts<OrderRow> = {}, timestampsMs?: number[]) =>
  recordEncoder(
    'sink(orders)',
    orders,
    jsonSerializer(Order),
    parts,
  )(new Batch(rows, { timestampsMs: timestampsMs && Float64Array.from(timestampsMs) })).values

const text = (bytes: Uint8Array | null | undefined) => bytes && Buffer.from(bytes).toString()

describe('a row becomes a record', () => {
  test('whose value is read back as the row', () => {
    const [record] = encode([order])
    expect(text(record!.value)).toBe('{"id":7,"customer":"ann","amount":19.90,"weight":0.5}')
    expect(jsonDeserializer(Order).decode(record!.value)).toEqual({ ok: true, value: order })
  })

  test('at its event time in whole milliseconds, or without one', () => {
    expect(encode([order, order], {}, [1.9, -0.1]).map(({ timestampMs }) => timestampMs)).toEqual([1, -1])
    expect(encode([order])[0]!.timestampMs).toBeUndefined()
    expect(encode([order], { timestamp: 'append' }, [1])[0]!.timestampMs).toBeUndefined()
  })

  test.each<[string, RecordParts<OrderRow>['key'], string | null | undefined]>([
    ['text', 'customer', 'ann'],
    ['a number', 'id', '7'],
    ['what a function gives', ({ id, customer }) => `${customer}/${id}`, 'ann/7'],
    ['bytes', () => Buffer.from('raw'), 'raw'],
    ['null: none', () => null, null],
    ['nothing', undefined, null],
  ])('keyed by %s', (_what, key, expected) => {
    expect(text(encode([order], key === undefined ? {} : { key })[0]!.key)).toBe(expected)
  })

  test('with headers', () => {
    const [record] = encode([order], {
      headers: (row) => ({ of: String(row.customer), raw: Buffer.from('x'), no: null }),
    })
    expect(record!.headers!.map(({ key, value }) => [key, text(value)])).toEqual([
      ['of', 'ann'],
      ['raw', 'x'],
      ['no', null],
    ])
  })
})

describe('what fails', () => {
  test.each<[string, RecordParts<OrderRow>, RegExp]>([
    [
      'a function of key that throws',
      {
        key: () => {
          throw new Error('no')
        },
      },
      /the function of key failed on .*: no/,
    ],
    ['a key of NaN', { key: () => Number.NaN }, /NaN is no key/],
    ['a key that is an object', { key: (() => ({})) as never }, /a key is text, a number or bytes, not object/],
    ['a promise for a key', { key: (async () => 'x') as never }, /not object/],
    ['half a surrogate pair', { key: () => '\ud800' }, /lone surrogate/],
    [
      'a function of headers that throws',
      {
        headers: () => {
          throw new Error('no')
        },
      },
      /the function of headers failed on .*: no/,
    ],
  ])('%s names the sink and the row', (_what, parts, message) => {
    const failed = expect.objectContaining({
      code: 'OPERATOR_FAILED',
      details: expect.objectContaining({ uid: 'sink(orders)' }),
    })
    expect(() => encode([order], parts)).toThrow(failed)
    expect(() => encode([order], parts)).toThrow(message)
  })

  test('a value without a form on the wire names sink, topic and field', () => {
    expect(() => encode([{ ...order, weight: Number.NaN }])).toThrow(
      "sink(orders): a row can't be written to topic 'orders': weight: NaN has no JSON form",
    )
  })
})
