/**
 * Which message of a schema a record is: a list of places, from the top of the file into nested messages. Layout: their
 * number and each of them as zigzag varints; a single byte 0 stands for the first message of the file.
 *
 * @see https://docs.confluent.io/platform/current/schema-registry/fundamentals/serdes-develop/index.html#wire-format
 */
import protobuf from 'protobufjs'
import type { ProtobufFile } from './protobuf-type.ts'

export const FIRST_MESSAGE = Uint8Array.of(0)

/** Deeper nesting is none that anybody wrote. */
const MAX_DEPTH = 64

/** The message, and where it begins in the payload. @throws {Error} when the file has none there */
export function messageAt(
  file: ProtobufFile,
  payload: Buffer,
): { readonly type: protobuf.Type; readonly offset: number } {
  const reader = protobuf.Reader.create(payload)
  const depth = reader.sint32()
  if (depth < 0 || depth > MAX_DEPTH) throw new Error(`its message is ${depth} levels deep`)
  const path = depth === 0 ? [0] : Array.from({ length: depth }, () => reader.sint32())
  let messages = file.messages
  let type: protobuf.Type | undefined
  for (const place of path) {
    type = messages[place]
    if (type === undefined) throw new Error(`the schema has no message ${path.join('.')}`)
    messages = type.nestedArray.filter((nested) => nested instanceof protobuf.Type)
  }
  return { type: type!, offset: reader.pos }
}
