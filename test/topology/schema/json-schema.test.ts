import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { binary, decimal, jsonSchema, long, timestamptz } from '../../../topology/schema/index.ts'

const longSchema = {
  anyOf: [
    { type: 'integer', minimum: Number.MIN_SAFE_INTEGER, maximum: Number.MAX_SAFE_INTEGER },
    { type: 'string', pattern: expect.any(String) },
  ],
}

describe('jsonSchema', () => {
  it('describes the wire form', () => {
    const Order = z.object({
      id: long(),
      old: z.bigint().optional(),
      at: timestamptz().describe('when it was placed'),
      total: decimal(18, 2).default(1990n),
      status: z.enum(['open', 'paid']).nullish(),
      raw: binary().optional(),
      counts: z.map(z.string(), z.bigint()).optional(),
      extra: z.looseObject({ note: z.string().min(2) }).optional(),
    })
    expect(jsonSchema(Order)).toEqual({
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      type: 'object',
      properties: {
        id: longSchema,
        old: longSchema,
        at: { type: 'string', format: 'date-time', description: 'when it was placed' },
        total: { anyOf: [{ type: 'number' }, { type: 'string', pattern: expect.any(String) }], default: '19.90' },
        status: { anyOf: [{ type: 'string', enum: ['open', 'paid'] }, { type: 'null' }] },
        raw: { type: 'string', contentEncoding: 'base64' },
        counts: { type: 'object', additionalProperties: longSchema },
        extra: {
          type: 'object',
          properties: { note: { type: 'string', minLength: 2 } },
          required: ['note'],
          additionalProperties: {},
        },
      },
      required: ['id', 'at'],
      additionalProperties: false,
    })
  })

  it('refuses what has no column type', () => {
    expect(() => jsonSchema(z.object({ at: z.date() }))).toThrow(
      expect.objectContaining({ code: 'SCHEMA_UNSUPPORTED' }),
    )
  })
})
