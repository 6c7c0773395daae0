/** An endpoint: files or an HTTP address, named and typed in the job, opened by its connector when the job runs. */
import type { z } from 'zod'
import type { SourceRecord } from './contract/source.ts'
import { TopologyError } from './errors.ts'
import type { Json } from './json.ts'
import { fieldsOf } from './schema/index.ts'
import type { Field } from './schema/types.ts'

/** What a connector is given to open an endpoint. */
export interface EndpointReference {
  /** Which connector opens it: `file`, `http`, `postgres`. */
  readonly connector: string
  /** Names its source, its sink and its metrics. */
  readonly name: string
  readonly schema: z.ZodObject
  /** Field ids are −1. */
  readonly fields: readonly Field[]
  /** The connector's own. Secrets are not among them, only the names of the variables that hold them. */
  readonly settings: Readonly<Record<string, Json>>
}

/** An endpoint that records come from. */
export interface EndpointSource<T> extends EndpointReference {
  /** Says in an error where a record came from. */
  readonly placeOf: (record: SourceRecord) => string
  /** Type only. */
  readonly produces?: T
}

/** An endpoint that records go to. */
export interface EndpointSink<T> extends EndpointReference {
  readonly takesChanges?: false
  /** Type only. */
  readonly takes?: (value: T) => T
}

/** An endpoint that keeps one row per key: it takes updates and deletes of rows as well. */
export interface UpsertSink<T> extends EndpointReference {
  readonly takesChanges: true
  /** Type only. */
  readonly takes?: (value: T) => T
}

/** @throws {TopologyError} `ENDPOINT_NAME` when the name is empty or longer than 200 characters. */
export function endpoint(
  connector: string,
  name: string,
  schema: z.ZodObject,
  settings: Readonly<Record<string, Json | undefined>>,
): EndpointReference {
  if (name === '' || name.length > 200) {
    throw new TopologyError('ENDPOINT_NAME', `"${name.slice(0, 40)}" can't be the name of an endpoint`, {
      fix: 'Give a name of 1 to 200 characters: it names state in checkpoints.',
    })
  }
  const given = Object.entries(settings).filter((entry): entry is [string, Json] => entry[1] !== undefined)
  return Object.freeze({ connector, name, schema, fields: fieldsOf(schema), settings: Object.fromEntries(given) })
}
