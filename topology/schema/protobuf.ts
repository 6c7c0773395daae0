/**
 * Fields as a Protocol Buffers schema (proto3).
 *
 * @see https://protobuf.dev/programming-guides/proto3/
 */
import { TopologyError } from '../errors.ts'
import type { DataType, Field, PrimitiveType } from './types.ts'

/** The import that instants need. */
export const TIMESTAMP = 'google.protobuf.Timestamp'

/**
 * The .proto file of `fields`: one message, which holds those of its structs. Numbers are the places of the fields, from 1.
 * What Protobuf has no type for is text as in JSON: decimals, dates, times, UUIDs.
 *
 * @param fullName letters, digits and _, with a package before the last dot
 * @throws {TopologyError} `SCHEMA_UNSUPPORTED`, naming the field: a list of lists, null in a list …
 * @example protobufSchema('shop.Order', fieldsOf(Order))
 */
export function protobufSchema(fullName: string, fields: readonly Field[]): string {
  const dot = fullName.lastIndexOf('.')
  const body = message(fullName.slice(dot + 1), fields, '', '')
  const head = ['syntax = "proto3";']
  if (dot >= 0) head.push(`package ${fullName.slice(0, dot)};`)
  if (body.includes(TIMESTAMP)) head.push('import "google/protobuf/timestamp.proto";')
  return `${head.join('\n')}\n\n${body}`
}

function message(name: string, fields: readonly Field[], path: string, indent: string): string {
  const inner = `${indent}  `
  const nested: string[] = []
  const lines = fields.map((field, index) => {
    const at = path === '' ? field.name : `${path}.${field.name}`
    if (!/^[A-Za-z]\w*$/.test(field.name))
      throw unsupported(at, 'this is no name for a field', 'Use letters, digits and _.')
    const messageName = (type: DataType & { readonly kind: 'struct' }) => {
      const structName = `${field.name[0]!.toUpperCase()}${field.name.slice(1)}`
      nested.push(message(structName, type.fields, at, inner))
      return structName
    }
    return `${inner}${fieldType(field, at, messageName)} ${field.name} = ${index + 1};\n`
  })
  return `${indent}message ${name} {\n${nested.join('')}${lines.join('')}${indent}}\n`
}

type MessageName = (type: DataType & { readonly kind: 'struct' }) => string

function fieldType({ type, required }: Field, at: string, messageName: MessageName): string {
  switch (type.kind) {
    case 'list':
      if (!type.elementRequired) throw unsupported(at, 'its list may hold null', 'Leave null out of it.')
      return `repeated ${singleType(type.element, at, messageName)}`
    case 'map':
      if (!type.valueRequired) throw unsupported(at, 'its map may hold null', 'Leave null out of it.')
      return `map<${keyType(type.key as PrimitiveType, at)}, ${singleType(type.value, at, messageName)}>`
    default:
      return `${required ? '' : 'optional '}${singleType(type, at, messageName)}`
  }
}

function singleType(type: DataType, at: string, messageName: MessageName): string {
  switch (type.kind) {
    case 'list':
    case 'map':
      throw unsupported(at, `it holds a ${type.kind} in a list or a map`, 'Put an object between them.')
    case 'struct':
      return messageName(type)
    default:
      return SCALARS[type.kind]
  }
}

function keyType({ kind }: PrimitiveType, at: string): string {
  if (kind !== 'float' && kind !== 'double' && kind !== 'binary' && kind !== 'fixed' && kind !== 'timestamptz')
    return SCALARS[kind]
  throw unsupported(at, `the key of a map can't be a ${kind}`, 'Use a string or an integer.')
}

const SCALARS: Readonly<Record<PrimitiveType['kind'], string>> = {
  boolean: 'bool',
  int: 'int32',
  long: 'int64',
  float: 'float',
  double: 'double',
  decimal: 'string',
  date: 'string',
  time: 'string',
  timestamp: 'string',
  timestamptz: TIMESTAMP,
  string: 'string',
  uuid: 'string',
  fixed: 'bytes',
  binary: 'bytes',
}

function unsupported(at: string, problem: string, fix: string): TopologyError {
  return new TopologyError('SCHEMA_UNSUPPORTED', `field ${at}, in Protobuf: ${problem}`, {
    fix,
    details: { field: at },
  })
}
