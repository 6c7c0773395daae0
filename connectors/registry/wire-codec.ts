/** One format whose schemas are in a registry: how its payloads are read and written. */
import type { RegistryTopic } from '../../topology/contract/serde.ts'
import type { Refusal } from '../../topology/schema/json-values.ts'
import type { RegisteredSchema, SchemaType } from './registry.ts'

export interface WireCodec {
  readonly type: SchemaType
  /** The schema that the topic is written with. */
  schemaOf(topic: RegistryTopic): RegisteredSchema
  /**
   * Makes the function that reads what was written with `writer`: the bytes of the payload to a row. It throws for bytes
   * that are none, and gives a refusal for a value that the topic's schema does not have.
   *
   * @throws {Error} naming the field, when no record of this writer can be a row of the topic
   */
  reader(writer: RegisteredSchema, topic: RegistryTopic): PayloadReader
  /** What keeps `reader` from reading what `writer` wrote; empty when nothing does. @throws {Error} when one is no schema */
  problems(reader: RegisteredSchema, writer: RegisteredSchema): readonly string[]
  /** Makes the function that gives the payload of a row, behind room for the header of the wire format. */
  writer(topic: RegistryTopic): (row: unknown) => Uint8Array
}

export type PayloadReader = (payload: Buffer) => Record<string, unknown> | Refusal
