/** From record values in Confluent's wire format to rows, by the schemas that they name. */
import type { DecodeResult, Deserializer, PlacedValue, RegistryTopic } from '../../topology/contract/serde.ts'
import { Refusal } from '../../topology/schema/json-values.ts'
import type { Schemas } from './schemas.ts'
import type { PayloadReader, WireCodec } from './wire-codec.ts'
import { HEADER_BYTES, headerProblem, schemaIdOf } from './wire-format.ts'

/** Reads, or says why nothing can be read with it. */
type Reader = PayloadReader | { readonly unreadable: string }

export function registryDeserializer(topic: RegistryTopic, codec: WireCodec, schemas: Schemas): Deserializer<unknown> {
  const rule = topic.format.kind
  /** By schema id. */
  const readers = new Map<number, Reader>()

  function readerOf(id: number): Reader | undefined {
    let reader = readers.get(id)
    if (reader !== undefined) return reader
    const writer = schemas.get(id)
    if (writer === undefined) return undefined
    if (writer.type !== codec.type) reader = { unreadable: `schema ${id} is ${writer.type}, not ${codec.type}` }
    else {
      try {
        reader = codec.reader(writer, topic)
      } catch (error) {
        reader = { unreadable: `schema ${id}: ${(error as Error).message}` }
      }
    }
    readers.set(id, reader)
    return reader
  }

  const refused = (reason: string): DecodeResult<never> => ({ ok: false, rule, reason: reason.toWellFormed() })

  return {
    prepare(records) {
      const wanted = new Map<number, PlacedValue>()
      let last: number | undefined
      for (const record of records) {
        const { value } = record
        const id = value === null ? undefined : schemaIdOf(value)
        if (id === undefined || id === last) continue
        last = id
        if (!readers.has(id) && !schemas.isSettled(id) && !wanted.has(id)) wanted.set(id, record)
      }
      return wanted.size === 0 ? undefined : schemas.fetch(wanted)
    },

    decode(bytes) {
      if (bytes === null) return refused('no value: the record is a tombstone')
      const id = schemaIdOf(bytes)
      if (id === undefined) return refused(headerProblem(bytes))
      const reader = readerOf(id)
      if (reader === undefined) return refused(`schema ${id} is not in the registry`)
      if (typeof reader !== 'function') return { ok: false, rule: 'schema', reason: reader.unreadable }
      let row: Record<string, unknown> | Refusal
      try {
        row = reader(Buffer.from(bytes.buffer, bytes.byteOffset + HEADER_BYTES, bytes.length - HEADER_BYTES))
      } catch (error) {
        return refused(`not a record of schema ${id}: ${(error as Error).message}`)
      }
      if (!(row instanceof Refusal)) return { ok: true, value: row }
      return { ok: false, rule: 'schema', reason: `${row.path}: ${row.message}` }
    },
  }
}
