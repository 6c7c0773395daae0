/** From what hyparquet reads to a row as topology/schema/types.ts has it. */
import type { SchemaElement } from 'hyparquet'
import { NUMBER_DECIMAL_PRECISION } from '../../../topology/schema/index.ts'
import type { DataType, Field } from '../../../topology/schema/types.ts'

type Convert = (value: any) => unknown

/** @param elements The file's schema, which says how many digits of a decimal are behind the point. */
export function parquetRow(fields: readonly Field[], elements: readonly SchemaElement[]): (read: any) => unknown {
  const scales = new Map(elements.map(({ name, scale }) => [name, scale]))
  return structReader(fields, scales)
}

function structReader(fields: readonly Field[], scales: ReadonlyMap<string, number | undefined>): Convert {
  const columns = fields.map(({ name, type }) => ({ name, convert: reader(type, scales, name) }))
  return (read) => {
    const row: Record<string, unknown> = {}
    for (const { name, convert } of columns) row[name] = orNull(convert, read[name])
    return row
  }
}

function orNull(convert: Convert, value: unknown): unknown {
  return value === null || value === undefined ? null : convert(value)
}

function reader(type: DataType, scales: ReadonlyMap<string, number | undefined>, name: string): Convert {
  switch (type.kind) {
    case 'int':
    case 'float':
    case 'double':
    case 'date':
      return Number
    case 'long':
      return BigInt
    case 'time':
      // Milliseconds are 32 bits wide.
      return (value) => (typeof value === 'number' ? BigInt(value) * 1_000n : value)
    case 'decimal': {
      const factor = 10n ** BigInt(Math.max(0, type.scale - (scales.get(name) ?? 0)))
      const asNumber = type.precision <= NUMBER_DECIMAL_PRECISION
      return (value) => {
        const unscaled = (value instanceof Uint8Array ? signed(value) : BigInt(value)) * factor
        return asNumber ? Number(unscaled) : unscaled
      }
    }
    case 'struct':
      return structReader(type.fields, scales)
    case 'list': {
      const convert = reader(type.element, scales, name)
      return (list: unknown[]) => list.map((element) => orNull(convert, element))
    }
    case 'map': {
      const key = reader(type.key, scales, name)
      const value = reader(type.value, scales, name)
      return (map: object) => {
        const entries = Array.isArray(map) ? map.map((entry) => [entry.key, entry.value] as const) : Object.entries(map)
        return new Map(entries.map(([k, v]) => [key(k), orNull(value, v)]))
      }
    }
    default:
      return (value) => value
  }
}

/** A big-endian two's complement number. */
function signed(bytes: Uint8Array): bigint {
  let value = 0n
  for (const byte of bytes) value = (value << 8n) | BigInt(byte)
  return BigInt.asIntN(bytes.length * 8, value)
}
