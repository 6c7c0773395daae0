import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { avro, json, protobuf, RawValue, raw } from '../../topology/format.ts'
import { long } from '../../topology/schema/index.ts'
import { topic } from '../../topology/topic.ts'

const Order = z.object({ id: long() })

describe('the format of a topic', () => {
  it('is JSON unless it says otherwise, and is data', () => {
    expect(topic('orders', Order).format).toEqual(json())
    const format = avro({ compatibility: 'FULL', recordName: 'com.shop.Order' })
    expect(topic('orders', Order, { format }).format).toEqual({
      kind: 'avro',
      compatibility: 'FULL',
      recordName: 'com.shop.Order',
    })
  })

  it('has a record name that Avro and Protobuf can have', () => {
    const format = avro({ recordName: 'com.shop-1.Order' })
    expect(() => topic('orders', Order, { format })).toThrow('"com.shop-1.Order" is no record name')
  })

  it('of bytes has the one field value', () => {
    expect(topic('images', RawValue, { format: raw() }).fields).toMatchObject([{ name: 'value' }])
    const Two = RawValue.extend({ name: z.string() })
    expect(() => topic('images', Two, { format: raw() })).toThrow('raw() has bytes and no other fields')
  })

  it('refuses what Protobuf can not say', () => {
    const format = protobuf()
    const of = (shape: z.ZodRawShape) => () => topic('orders', z.object(shape), { format })
    expect(of({ a: z.array(z.array(z.string())) })).toThrow('field a, in Protobuf: it holds a list in a list or a map')
    expect(of({ b: z.object({ a: z.array(z.string().nullable()) }) })).toThrow(
      'field b.a, in Protobuf: its list may hold null',
    )
    expect(of({ 'a b': z.string() })).toThrow('field a b, in Protobuf: this is no name for a field')
    expect(of({ a: z.map(z.number(), z.string()) })).toThrow("the key of a map can't be a double")
  })
})
