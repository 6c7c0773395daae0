/** What `runtime publish` makes of a line: the record that goes into the topic, or why none does. */
import * as z from 'zod'
import type { OutgoingRecord } from '../../topology/contract/topic.ts'
import { jsonDeserializer } from '../../topology/schema/index.ts'
import type { TopicEncoder } from '../producer/topic-encoder.ts'

export type LineRecord = Pick<OutgoingRecord, 'key' | 'value'> | { readonly reason: string }

export type RecordOfLine = (line: Uint8Array) => LineRecord

/** Every field may be absent: what has to be there is for the job to judge. */
const Envelope = z.object({
  event_id: z.string().nullish(),
  event_type: z.string().nullish(),
  event_timestamp: z.string().nullish(),
  source_system: z.string().nullish(),
  payload: z.looseObject({}).nullish(),
  metadata: z.looseObject({}).nullish(),
  schema_version: z.string().nullish(),
})

/** Any bytes, unchecked. */
export function rawRecord(line: Uint8Array): LineRecord {
  return { key: null, value: line }
}

/** An event in JSON, checked as far as the envelope goes. */
export function envelopeRecord(keyField: string): RecordOfLine {
  const { decode } = jsonDeserializer(Envelope)
  return (line) => {
    const event = decode(line)
    return event.ok ? { key: payloadKey(line, keyField), value: line } : event
  }
}

/** A record of a declared topic, in its format. @param keyField undefined: by the key that the topic declares */
export function declaredRecord(encode: TopicEncoder, keyField: string | undefined): RecordOfLine {
  return (line) => {
    const record = encode(line)
    if (!record.ok) return record
    return { key: keyField === undefined ? (record.key ?? null) : payloadKey(line, keyField), value: record.value }
  }
}

/** The schema of an event need not know the field, so it is read beside it. */
function payloadKey(line: Uint8Array, keyField: string): Uint8Array | null {
  const payload = jsonOf(line)?.payload
  const key = payload !== null && payload !== undefined && Object.hasOwn(payload, keyField) ? payload[keyField] : null
  return typeof key === 'string' || typeof key === 'number' ? Buffer.from(String(key)) : null
}

/** Undefined for what is none: a topic in raw() takes that too. */
function jsonOf(line: Uint8Array): { readonly payload?: Record<string, unknown> | null } | null | undefined {
  try {
    return JSON.parse(Buffer.from(line).toString('utf8'))
  } catch {
    return undefined
  }
}
