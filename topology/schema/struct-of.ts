/** From a zod object to the logical type of its records. */
import { z } from 'zod'
import { TopologyError } from '../errors.ts'
import { logicalTypes } from './kinds.ts'
import type { DataType, Field, StructType, ValueType } from './types.ts'

interface Resolved extends ValueType {
  readonly doc: string | undefined
}

const cache = new WeakMap<z.core.$ZodType, StructType>()

/**
 * The fields of a record, in the schema's order, ids −1.
 *
 * @throws {TopologyError} `SCHEMA_UNSUPPORTED`, naming the field's path and what to write instead.
 * @example fieldsOf(z.object({ id: z.string(), amount: decimal(18, 2).optional() }))
 */
export function fieldsOf(schema: z.core.SomeType): readonly Field[] {
  return structOf(schema).fields
}

/** As {@link fieldsOf}, with what the JSON form needs to know besides. Made once per schema. */
export function structOf(schema: z.core.SomeType): StructType {
  const root = schema as z.core.$ZodType
  const known = cache.get(root)
  if (known !== undefined) return known
  const { type } = resolve(root, [], new Set())
  if (type.kind !== 'struct') throw unsupported([], `a record can't be ${describeSchema(root)}`, 'Use z.object({ … }).')
  cache.set(root, type)
  return type
}

/** The logical type of a value of any kind. @throws {TopologyError} `SCHEMA_UNSUPPORTED` */
export function valueTypeOf(schema: z.core.SomeType): ValueType {
  return resolve(schema as z.core.$ZodType, [], new Set())
}

function resolve(schema: z.core.$ZodType, path: readonly string[], open: Set<z.core.$ZodType>): Resolved {
  const resolved = resolveDefinition(schema, path, open)
  const doc = z.globalRegistry.get(schema)?.description
  return doc === undefined ? resolved : { ...resolved, doc }
}

/** `open` holds the schemas around this one: a schema inside itself has no columns. */
function resolveDefinition(schema: z.core.$ZodType, path: readonly string[], open: Set<z.core.$ZodType>): Resolved {
  const declared = logicalTypes.get(schema)
  if (declared !== undefined) return present(declared)
  if (open.has(schema)) {
    throw unsupported(
      path,
      'the schema contains itself',
      'Flatten it, or keep the nested part as JSON text in z.string().',
    )
  }
  open.add(schema)
  try {
    return resolveType(schema as z.core.$ZodTypes, path, open)
  } finally {
    open.delete(schema)
  }
}

function resolveType(schema: z.core.$ZodTypes, path: readonly string[], open: Set<z.core.$ZodType>): Resolved {
  const { def } = schema._zod
  if ('coerce' in def && def.coerce === true) {
    throw unsupported(
      path,
      'z.coerce takes any wire form',
      `Use z.${def.type}(), and convert in a cleanse or map step.`,
    )
  }
  switch (def.type) {
    case 'string':
      return present({ kind: hasFormat(def, ['uuid', 'guid']) ? 'uuid' : 'string' })
    case 'template_literal':
      return present({ kind: 'string' })
    case 'boolean':
      return present({ kind: 'boolean' })
    case 'number':
      return resolveNumber(def)
    case 'bigint':
      if (hasFormat(def, ['uint64']))
        throw unsupported(path, "a 64-bit unsigned integer doesn't fit a long", 'Use decimal(20, 0).')
      return present({ kind: 'long' })
    case 'enum':
      return resolveValues(Object.values(def.entries), schema, path)
    case 'literal':
      return resolveValues(def.values, schema, path)
    case 'object':
      return present(resolveObject(def, path, open))
    case 'array': {
      const element = resolve(def.element, [...path, '[]'], open)
      return present({
        kind: 'list',
        elementId: -1,
        element: element.type,
        elementRequired: element.required,
        ...(element.int53 && { elementInt53: true }),
      })
    }
    case 'record':
    case 'map': {
      const key = resolve(def.keyType as z.core.$ZodType, [...path, '{key}'], open)
      if (key.type.kind === 'struct' || key.type.kind === 'list' || key.type.kind === 'map') {
        throw unsupported(path, 'the key of a map must be a single value', 'Use z.array() of z.object({ key, value }).')
      }
      const value = resolve(def.valueType as z.core.$ZodType, [...path, '{value}'], open)
      return present({
        kind: 'map',
        keyId: -1,
        key: key.type,
        valueId: -1,
        value: value.type,
        valueRequired: value.required,
        ...(key.int53 && { keyInt53: true }),
        ...(value.int53 && { valueInt53: true }),
      })
    }
    case 'optional':
    case 'nullable':
    case 'default':
    case 'prefault':
      return { ...resolve(def.innerType, path, open), required: false }
    case 'nonoptional':
      return { ...resolve(def.innerType, path, open), required: !z.safeParse(schema, null).success }
    case 'readonly':
      return resolve(def.innerType, path, open)
    case 'lazy':
      return resolve(def.getter(), path, open)
    case 'union':
      return resolveUnion(def.options, path, open)
    default:
      throw unsupported(path, `${describeSchema(schema)} has no column type`, ADVICE[def.type] ?? DEFAULT_ADVICE)
  }
}

function resolveObject(def: z.core.$ZodObjectDef, path: readonly string[], open: Set<z.core.$ZodType>): StructType {
  const fields = Object.keys(def.shape).map((name): Field => {
    const at = [...path, name]
    if (name === '__proto__') throw unsupported(at, '__proto__ is no name for a field', 'Rename it.')
    const { type, required, int53, doc } = resolve(def.shape[name]!, at, open)
    return { id: -1, name, required, type, ...(doc !== undefined && { doc }), ...(int53 && { int53 }) }
  })
  const accepting = def.catchall !== undefined && def.catchall._zod.def.type !== 'never'
  return { kind: 'struct', fields, ...(accepting && { open: true }) }
}

function resolveNumber(def: z.core.$ZodNumberDef): Resolved {
  if (hasFormat(def, ['int32'])) return present({ kind: 'int' })
  if (hasFormat(def, ['safeint', 'uint32'])) return { ...present({ kind: 'long' }), int53: true }
  if (hasFormat(def, ['float32'])) return present({ kind: 'float' })
  return present({ kind: 'double' })
}

/** An enum or a literal is of the one type its values have. */
function resolveValues(values: readonly unknown[], schema: z.core.$ZodType, path: readonly string[]): Resolved {
  const defined = values.filter((value) => value !== null && value !== undefined)
  const required = defined.length === values.length
  if (defined.length > 0) {
    if (defined.every((value) => typeof value === 'string')) return { ...present({ kind: 'string' }), required }
    if (defined.every((value) => typeof value === 'boolean')) return { ...present({ kind: 'boolean' }), required }
    if (defined.every((value) => Number.isInteger(value) && (value as number) === ((value as number) | 0))) {
      return { ...present({ kind: 'int' }), required }
    }
  }
  throw unsupported(path, `the values of ${describeSchema(schema)} have no column type in common`, 'Use strings.')
}

/** Of unions, only those with null and undefined are a column: they are another way to say optional. */
function resolveUnion(
  options: readonly z.core.SomeType[],
  path: readonly string[],
  open: Set<z.core.$ZodType>,
): Resolved {
  const schemas = options as readonly z.core.$ZodTypes[]
  const defined = schemas.filter(({ _zod }) => _zod.def.type !== 'null' && _zod.def.type !== 'undefined')
  if (defined.length !== 1) {
    throw unsupported(
      path,
      'a union has no column type',
      'Use one z.object() whose fields are optional, or separate fields.',
    )
  }
  return { ...resolve(defined[0]!, path, open), required: false }
}

function hasFormat(
  def: { readonly checks?: readonly z.core.$ZodCheck<never>[] | undefined },
  formats: readonly string[],
) {
  const own = (def as { readonly format?: string }).format
  if (own !== undefined && formats.includes(own)) return true
  return (def.checks ?? []).some((check) => {
    const { format } = check._zod.def as { readonly format?: string }
    return format !== undefined && formats.includes(format)
  })
}

function present(type: DataType): Resolved {
  return { type, required: true, int53: false, doc: undefined }
}

const DEFAULT_ADVICE =
  'Use a string, number, boolean, object, array, record, or one of the helpers of topology/schema/kinds.ts.'

const ADVICE: Readonly<Record<string, string>> = {
  date: 'Use timestamptz(): a Date has no JSON form.',
  any: 'Name the type; JSON of any shape is kept as text in z.string().',
  unknown: 'Name the type; JSON of any shape is kept as text in z.string().',
  pipe: 'Use the type of the wire form, and transform in a cleanse or map step.',
  transform: 'Use the type of the wire form, and transform in a cleanse or map step.',
  catch: 'Use .default() for what is absent; what is wrong is judged by expect.',
  intersection: 'Use one z.object(), as .extend() makes it.',
  tuple: 'Use z.object() with a name for each place, or z.array().',
  set: 'Use z.array().',
  null: 'A column has a type besides null: use .nullable() on it.',
  nan: 'Use double().',
}

function describeSchema(schema: z.core.$ZodType): string {
  return `z.${schema._zod.def.type}()`
}

function unsupported(path: readonly string[], problem: string, fix: string): TopologyError {
  const field = path.join('.').replaceAll('.[', '[').replaceAll('.{', '{')
  const message = field === '' ? problem : `field ${field}: ${problem}`
  return new TopologyError('SCHEMA_UNSUPPORTED', message, { fix, details: { field } })
}
