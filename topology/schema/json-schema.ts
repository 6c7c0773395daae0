/** The wire form as JSON Schema (draft 2020-12): what producers and agents are shown. */
import { z } from 'zod'
import { long } from './kinds.ts'
import { structOf } from './struct-of.ts'

/**
 * JSON Schema of a schema's wire form: refinements that zod can express, defaults and descriptions included. Unknown
 * fields are `additionalProperties: false` except where the zod object is loose, as the decoder has it.
 *
 * @throws {TopologyError} `SCHEMA_UNSUPPORTED`
 */
export function jsonSchema(schema: z.core.SomeType): z.core.JSONSchema.BaseSchema {
  structOf(schema)
  return wireSchema(schema as z.core.$ZodType)
}

function wireSchema(schema: z.core.$ZodType): z.core.JSONSchema.BaseSchema {
  return z.toJSONSchema(schema, {
    io: 'input',
    // What zod can't say is said below.
    unrepresentable: 'any',
    override: ({ zodSchema, jsonSchema }) => {
      const { def } = zodSchema._zod
      if (def.type === 'object' && def.catchall === undefined) {
        jsonSchema.additionalProperties = false
      } else if (def.type === 'map') {
        Object.assign(jsonSchema, { type: 'object', additionalProperties: nested(def.valueType as z.core.$ZodType) })
      } else if (def.type === 'bigint') {
        Object.assign(jsonSchema, nested(long()))
      } else if (def.type === 'default') {
        // A default is a row's value, and its schema a producer's.
        jsonSchema.default = z.encode(def.innerType, def.defaultValue)
      }
    },
  })
}

function nested(schema: z.core.$ZodType): z.core.JSONSchema.BaseSchema {
  const { $schema: _, ...rest } = wireSchema(schema)
  return rest
}
