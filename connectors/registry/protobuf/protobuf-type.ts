/** Protobuf schemas as protobufjs reads and writes their messages. */
import protobuf from 'protobufjs'
import type { RegisteredSchema } from '../registry.ts'

export interface ProtobufFile {
  /** Those at the top of the file, in its order. */
  readonly messages: readonly protobuf.Type[]
}

/** @throws {Error} saying what is wrong with the schema */
export function protobufFile({ schema, references = [] }: RegisteredSchema): ProtobufFile {
  const root = new protobuf.Root()
  const { package: name, imports = [] } = protobuf.parse(schema, root, { keepCase: true })
  const namespace = name === undefined ? root : (root.lookup(name) as protobuf.Namespace)
  const messages = namespace.nestedArray.filter((nested) => nested instanceof protobuf.Type)
  const known = new Map(references.map((each) => [each.name, each.schema]))
  const added = new Set<string>()
  const add = (files: readonly string[]) => {
    for (const file of files) {
      if (added.has(file)) continue
      added.add(file)
      const text = known.get(file)
      if (text !== undefined) add(protobuf.parse(text, root, { keepCase: true }).imports ?? [])
      else root.addJSON(protobuf.common.get(file)?.nested ?? {})
    }
  }
  add(imports)
  root.resolveAll()
  return { messages }
}

/** Whether a field that was left out can be told from one with its default value. */
export function hasPresence(field: protobuf.FieldBase): boolean {
  return !field.repeated && !(field instanceof protobuf.MapField) && (field.partOf !== null || isMessage(field))
}

function isMessage(field: protobuf.FieldBase): boolean {
  return field.resolvedType instanceof protobuf.Type
}
