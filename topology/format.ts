/** How the values of a topic's records are written: data in its declaration, read by who decodes and encodes them. */
import { z } from 'zod'
import { TopologyError } from './errors.ts'
import { binary } from './schema/kinds.ts'
import { protobufSchema } from './schema/protobuf.ts'
import type { StructType } from './schema/types.ts'

/**
 * Which schemas a registry takes for a subject that has some. `BACKWARD`: those that can read what was written with the
 * last one; `FORWARD`: those whose records the last one can read; `FULL`: both. `_TRANSITIVE`: of all, not the last only.
 */
export type Compatibility =
  | 'NONE'
  | 'BACKWARD'
  | 'BACKWARD_TRANSITIVE'
  | 'FORWARD'
  | 'FORWARD_TRANSITIVE'
  | 'FULL'
  | 'FULL_TRANSITIVE'

export interface RegistryFormatOptions {
  /** What the registry keeps the topic's schemas under. @default the topic's name and `-value` (TopicNameStrategy) */
  readonly subject?: string
  /** Set for the subject when a job or a producer writes the topic. @default as the registry has it */
  readonly compatibility?: Compatibility
  /**
   * The full name of the record (Avro) or message (Protobuf), as `com.shop.Order`. For Avro, readers in other languages may
   * look for it. @default made of the topic's name
   */
  readonly recordName?: string
}

export interface RegistryFormat extends RegistryFormatOptions {
  readonly kind: 'avro' | 'protobuf'
}

type FormatDescription = { readonly kind: 'json' } | { readonly kind: 'raw' } | RegistryFormat

/** The format of a topic whose rows are of type `T`. */
export type TopicFormat<T = any> = FormatDescription & {
  /** Type only. */
  readonly takes?: (row: T) => void
}

/** JSON objects in UTF-8, without a registry: what a topic has that declares nothing. */
export function json(): TopicFormat {
  return JSON_FORMAT
}

const JSON_FORMAT: TopicFormat = Object.freeze({ kind: 'json' })

/**
 * Avro in Confluent's wire format: a zero byte, the id of the schema in the registry (four bytes, big-endian), the record
 * in Avro's binary form. Records written with any schema of the registry are read by the fields of the topic's own: a
 * field that the writer did not have is null, one that the topic does not know is left out.
 *
 * What is written has the schema that follows from the topic's zod object, registered when the job or the producer starts.
 *
 * @example topic('orders', Order, { format: avro({ compatibility: 'FULL' }) })
 */
export function avro(options: RegistryFormatOptions = {}): TopicFormat {
  return Object.freeze({ ...options, kind: 'avro' })
}

/**
 * Protocol Buffers (proto3) in Confluent's wire format: a zero byte, the id of the schema, which message of it, the message.
 * Their fields have as numbers their places in the zod object, from 1: add new ones at its end, and take none away. A list
 * or a map that is null is written as an empty one. What else is said of `avro` holds here too.
 *
 * @example topic('orders', Order, { format: protobuf() })
 */
export function protobuf(options: RegistryFormatOptions = {}): TopicFormat {
  return Object.freeze({ ...options, kind: 'protobuf' })
}

/**
 * Bytes as they are.
 *
 * @example topic('images', RawValue, { format: raw() })
 */
export function raw(): TopicFormat<RawRow> {
  return RAW_FORMAT
}

const RAW_FORMAT: TopicFormat = Object.freeze({ kind: 'raw' })

/** The schema of a topic whose values are bytes. */
export const RawValue = z.object({ value: binary() })
export interface RawRow {
  value: Uint8Array
}

/** @throws {TopologyError} `FORMAT_INVALID`; `SCHEMA_UNSUPPORTED` for what has no form in Protobuf */
export function requireFormat(topic: string, format: TopicFormat, { fields }: StructType): void {
  if (format.kind === 'raw') {
    if (fields.length === 1 && fields[0]!.name === 'value' && fields[0]!.type.kind === 'binary') return
    throw invalid(
      topic,
      'raw() has bytes and no other fields',
      'Use the schema RawValue, which has the one field value.',
    )
  }
  if (format.kind === 'json') return
  if (format.kind === 'protobuf') protobufSchema('Record', fields)
  const { recordName } = format
  if (recordName !== undefined && !/^[A-Za-z_]\w*(\.[A-Za-z_]\w*)*$/.test(recordName))
    throw invalid(topic, `"${recordName}" is no record name`, 'Use names of letters, digits and _, with dots between.')
}

function invalid(topic: string, what: string, fix: string): TopologyError {
  return new TopologyError('FORMAT_INVALID', `topic '${topic}': ${what}`, { fix, details: { topic } })
}
