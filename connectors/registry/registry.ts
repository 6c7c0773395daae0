/** What Sluice asks of a schema registry: Confluent's interface as a port. */
import { SluiceError } from '../../topology/errors.ts'
import type { Compatibility } from '../../topology/format.ts'

export type SchemaType = 'AVRO' | 'PROTOBUF' | 'JSON'

export interface RegisteredSchema {
  readonly type: SchemaType
  /** As it was registered: JSON of Avro, the text of a .proto file. */
  readonly schema: string
  /** Those whose names it uses, each before those that use it; none as a rule. */
  readonly references?: readonly { readonly name: string; readonly schema: string }[]
}

/** Errors other than `REGISTRY_UNAVAILABLE` are answers: asking again gives the same. */
export interface SchemaRegistry {
  /** For messages and log lines. */
  readonly address: string
  /** Undefined: it has no schema of this id. */
  schemaById(id: number): Promise<RegisteredSchema | undefined>
  /** Undefined: nothing is registered under the subject. */
  latestSchema(subject: string): Promise<RegisteredSchema | undefined>
  /** Of a subject that is there. */
  setCompatibility(subject: string, compatibility: Compatibility): Promise<void>
  /** The id. A schema that is there already keeps its own. @throws {SluiceError} `SCHEMA_INCOMPATIBLE`, saying why */
  register(subject: string, schema: RegisteredSchema): Promise<number>
  close(): Promise<void>
}

/** Who failed to answer, as a subject: `the schema registry at http://…, asked about subject 'orders-value',`. */
export function askedRegistry(address: string, subject: string | undefined): string {
  return `the schema registry at ${address}${subject === undefined ? '' : `, asked about subject '${subject}',`}`
}

/** The registry gave no answer, or one that is to be asked for again. @param subject unless it was asked for an id */
export function registryUnavailable(address: string, subject: string | undefined, cause: unknown): SluiceError {
  const said = cause instanceof Error ? cause.message : String(cause)
  return new SluiceError('REGISTRY_UNAVAILABLE', `${askedRegistry(address, subject)} does not answer: ${said}`, {
    cause,
    fix: 'Start it, or correct SCHEMA_REGISTRY_URL.',
    details: { url: address, ...(subject !== undefined && { subject }) },
  })
}

export function schemaIncompatible(subject: string, problems: string, cause?: unknown): SluiceError {
  return new SluiceError('SCHEMA_INCOMPATIBLE', `subject '${subject}' does not take this schema: ${problems}`, {
    cause,
    fix: 'Make the change one that the compatibility of the subject allows (a new field is optional), or use another topic.',
    details: { subject },
  })
}
