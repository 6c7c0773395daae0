/** What keeps one Protobuf schema from reading what another wrote: fields are told apart by their numbers. */
import type protobuf from 'protobufjs'
import type { ProtobufFile } from './protobuf-type.ts'

/** Every reason, with the name of the field; empty when `reader` reads all that `writer` writes. */
export function protobufProblems(reader: ProtobufFile, writer: ProtobufFile): readonly string[] {
  return writer.messages.flatMap((message) => {
    const read = reader.messages.find((each) => each.name === message.name)
    return read === undefined ? [`there is no message ${message.name} any more`] : compare(read, message, '', new Set())
  })
}

function compare(reader: protobuf.Type, writer: protobuf.Type, path: string, open: Set<string>): string[] {
  if (open.has(reader.fullName)) return []
  open.add(reader.fullName)
  const problems = writer.fieldsArray.flatMap((field) => {
    const read = reader.fieldsById[field.id]
    if (read === undefined) return []
    const at = path === '' ? field.name : `${path}.${field.name}`
    if (shapeOf(read) !== shapeOf(field) || groupOf(read) !== groupOf(field))
      return [`${at}: number ${field.id} was ${describe(field)}, and is ${describe(read)} ${read.name}`]
    if ('fieldsArray' in (field.resolvedType ?? {}) && 'fieldsArray' in (read.resolvedType ?? {}))
      return compare(read.resolvedType as protobuf.Type, field.resolvedType as protobuf.Type, at, open)
    return []
  })
  open.delete(reader.fullName)
  return problems
}

/** Types that are written alike; messages are compared by their own fields. */
function groupOf(field: protobuf.Field): string {
  if (field.resolvedType !== null) return 'fieldsArray' in field.resolvedType ? 'message' : 'varint'
  switch (field.type) {
    case 'int32':
    case 'uint32':
    case 'int64':
    case 'uint64':
    case 'bool':
      return 'varint'
    case 'sint32':
    case 'sint64':
      return 'zigzag'
    case 'fixed32':
    case 'sfixed32':
      return 'fixed32'
    case 'fixed64':
    case 'sfixed64':
      return 'fixed64'
    default:
      return field.type
  }
}

function shapeOf(field: protobuf.Field): string {
  if (field.map) return `map of ${(field as unknown as protobuf.MapField).keyType}`
  return field.repeated ? 'repeated' : 'single'
}

function describe(field: protobuf.Field): string {
  const shape = shapeOf(field)
  return shape === 'single' ? field.type : `${shape} ${field.type}`
}
