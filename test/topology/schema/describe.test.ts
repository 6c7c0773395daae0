import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { decimal, describeFields, type Field, fieldsOf, fixed } from '../../../topology/schema/index.ts'

describe('describeFields', () => {
  const Order = z.object({ id: z.int(), lines: z.array(z.object({ price: decimal(9, 2).nullish(), key: fixed(4) })) })

  it('spells out names, types and required', () => {
    expect(JSON.stringify(describeFields(fieldsOf(Order)))).toBe(
      '[{"name":"id","type":"long","required":true},{"name":"lines","type":{"list":{"struct":[' +
        '{"name":"price","type":"decimal(9, 2)","required":false},{"name":"key","type":"fixed[4]","required":true}' +
        ']},"required":true},"required":true}]',
    )
  })

  it('leaves out ids, docs and what concerns only JSON or memory', () => {
    const Other = z.object({
      id: z.int().describe('the id'),
      lines: z.array(z.looseObject({ price: decimal(9, 2).optional(), key: fixed(4) })),
    })
    const numbered: Field[] = fieldsOf(Other).map((field, index) => ({ ...field, id: index + 1, int53: false }))
    expect(describeFields(numbered)).toEqual(describeFields(fieldsOf(Order)))
  })
})
