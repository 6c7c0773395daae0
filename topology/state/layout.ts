/**
 * The layout of state: which type of value stands where in the bytes. It follows from a schema, and is kept with every
 * chunk, so that the bytes can be read when the schema has changed. Part of the checkpoint format.
 *
 * ```text
 * "string" "uuid" "boolean"              as they are called in topology/schema/types.ts
 * "int" "date" "int53"                   integers, numbers in memory
 * "long" "decimal(18, 2)"                integers, bigints in memory; decimals up to 15 digits are numbers
 * "time" "timestamp" "timestamptz"       microseconds
 * "float" "double" "binary" "fixed[16]"
 * { "nullable": layout }
 * { "struct": { field: layout, … } }     in the order of the bytes
 * { "list": layout }
 * { "map": [layout, layout] }
 * ```
 */
import type { z } from 'zod'
import { describeType } from '../schema/describe.ts'
import { valueTypeOf } from '../schema/struct-of.ts'
import type { DataType, ValueType } from '../schema/types.ts'

export type Layout = PresentLayout | { readonly nullable: PresentLayout }

/** The layout of a value that is not null; a string is that of a primitive. */
export type PresentLayout = string | StructLayout | ListLayout | MapLayout

export type StructLayout = {
  readonly struct: Readonly<Record<string, Layout>>
}

export type ListLayout = {
  readonly list: Layout
}

export type MapLayout = {
  readonly map: readonly [key: Layout, value: Layout]
}

/** @throws {TopologyError} `SCHEMA_UNSUPPORTED` @example layoutOf(z.object({ n: int() })) // { struct: { n: 'int' } } */
export function layoutOf(schema: z.core.SomeType): Layout {
  return layoutOfValue(valueTypeOf(schema))
}

/** Whether null is one of its values. */
export function isNullable(layout: Layout): layout is { readonly nullable: PresentLayout } {
  return typeof layout === 'object' && 'nullable' in layout
}

/** The layout of its values that are not null. */
export function presentOf(layout: Layout): PresentLayout {
  return isNullable(layout) ? layout.nullable : layout
}

/** As error messages show it: `list(string)?`, `{ id: string, n: int? }`. */
export function formatLayout(layout: Layout): string {
  if (isNullable(layout)) return `${formatLayout(layout.nullable)}?`
  if (typeof layout === 'string') return layout
  if ('list' in layout) return `list(${formatLayout(layout.list)})`
  if ('map' in layout) return `map(${layout.map.map(formatLayout).join(', ')})`
  const fields = Object.entries(layout.struct).map(([name, field]) => `${name}: ${formatLayout(field)}`)
  return `{ ${fields.join(', ')} }`
}

function layoutOfValue({ type, required, int53 }: ValueType): Layout {
  const present: PresentLayout = int53 ? 'int53' : layoutOfType(type)
  return required ? present : { nullable: present }
}

function layoutOfType(type: DataType): PresentLayout {
  switch (type.kind) {
    case 'struct': {
      const fields = type.fields.map(({ name, type, required, int53 = false }) => {
        return [name, layoutOfValue({ type, required, int53 })] as const
      })
      return { struct: Object.fromEntries(fields) }
    }
    case 'list':
      return {
        list: layoutOfValue({ type: type.element, required: type.elementRequired, int53: type.elementInt53 === true }),
      }
    case 'map': {
      const key = layoutOfValue({ type: type.key, required: true, int53: type.keyInt53 === true })
      return {
        map: [key, layoutOfValue({ type: type.value, required: type.valueRequired, int53: type.valueInt53 === true })],
      }
    }
    default:
      return describeType(type) as string
  }
}
