/** A registry that speaks Confluent's REST interface: Confluent's own, Apicurio's ccompat, Redpanda's, Karapace. */
import { SchemaRegistry as RegistryClient } from '@kafkajs/confluent-schema-registry'
import { isSluiceError, SluiceError } from '../../../topology/errors.ts'
import {
  askedRegistry,
  type RegisteredSchema,
  registryUnavailable,
  type SchemaRegistry,
  type SchemaType,
  schemaIncompatible,
} from '../registry.ts'

export interface ConfluentRegistryOptions {
  /** As `http://localhost:8081`, with the path where there is one: `/apis/ccompat/v7`. */
  readonly url: string
  readonly credentials?: { readonly username: string; readonly password: string } | undefined
  /** A request that has had no answer for so long has failed. @default 5,000 */
  readonly timeoutMs?: number
}

/** What a request answers, as far as it is used. */
interface Answer {
  data(): any
}

interface SchemaAnswer {
  readonly schemaType?: SchemaType
  readonly schema: string
  readonly references?: readonly { readonly name: string; readonly subject: string; readonly version: number }[]
}

/** Nothing is kept here and nothing tried again: that is for who asks. */
export function openConfluentRegistry(options: ConfluentRegistryOptions): SchemaRegistry {
  const { url, credentials, timeoutMs = 5_000 } = options
  const address = url.replace(/\/+$/, '')
  const closing = new AbortController()
  // The client's requests only: it would keep avsc types of its own, with longs as doubles, and not tell an answer from none.
  const client = new RegistryClient({
    host: address,
    clientId: 'sluice',
    ...(credentials !== undefined && { auth: credentials }),
    retry: { retries: 0 },
    middlewares: [
      () => ({
        prepareRequest: async (next) => (await next()).enhance({ timeout: timeoutMs, signal: closing.signal }),
      }),
    ],
  })['api']

  async function ask<T>(request: Promise<Answer>, subject?: string): Promise<T> {
    try {
      return (await request).data() as T
    } catch (error) {
      throw registryError(address, subject, error as Error)
    }
  }

  let isRegistry = false

  /** Before it is believed that something is not there: to a server that is none, no path of a registry is. */
  async function requireRegistry(): Promise<void> {
    if (isRegistry) return
    try {
      await ask(client.Subject.all())
      isRegistry = true
    } catch (error) {
      throw isNotFound(error) ? noRegistry(address, error) : error
    }
  }

  /** Undefined for what is not there. */
  async function find<T>(request: Promise<Answer>, subject?: string): Promise<T | undefined> {
    try {
      return await ask<T>(request, subject)
    } catch (error) {
      if (!isNotFound(error)) throw error
      await requireRegistry()
      return undefined
    }
  }

  /** References name subjects and versions; here they come with their text, in the order of their use. */
  async function complete({ schema, schemaType = 'AVRO', references = [] }: SchemaAnswer): Promise<RegisteredSchema> {
    const used = new Map<string, string>()
    const add = async (references: NonNullable<SchemaAnswer['references']>) => {
      for (const { name, subject, version } of references) {
        if (used.has(name)) continue
        const found = await ask<SchemaAnswer>(client.Subject.version({ subject, version }), subject)
        await add(found.references ?? [])
        used.set(name, found.schema)
      }
    }
    await add(references)
    const found = Array.from(used, ([name, schema]) => ({ name, schema }))
    return { type: schemaType, schema, ...(found.length > 0 && { references: found }) }
  }

  return {
    address,
    async schemaById(id) {
      const found = await find<SchemaAnswer>(client.Schema.find({ id }))
      return found && complete(found)
    },
    async latestSchema(subject) {
      const found = await find<SchemaAnswer>(client.Subject.latestVersion({ subject }), subject)
      return found && complete(found)
    },
    async setCompatibility(subject, compatibility) {
      await ask(client.Subject.updateConfig({ subject, body: { compatibility } }), subject)
    },
    async register(subject, { type, schema }) {
      const body = { schema, ...(type !== 'AVRO' && { schemaType: type }) }
      try {
        const { id } = await ask<{ readonly id: number }>(client.Subject.register({ subject, body }), subject)
        return id
      } catch (error) {
        if (!isSluiceError(error) || error.details['status'] !== 409) throw error
        throw schemaIncompatible(subject, error.details['said'] as string, error)
      }
    },
    async close() {
      closing.abort()
    },
  }
}

/** What the client throws: the registry's own message, and its status. */
interface ResponseError extends Error {
  readonly status: number
}

function isNotFound(error: unknown): error is SluiceError {
  return isSluiceError(error) && error.details['status'] === 404
}

function noRegistry(address: string, error: SluiceError): SluiceError {
  return new SluiceError('REGISTRY_REFUSED', `there is no schema registry at ${address}: ${error.details['said']}`, {
    cause: error.cause,
    fix: 'Correct SCHEMA_REGISTRY_URL, with the path where it has one, as http://localhost:8080/apis/ccompat/v7 of Apicurio.',
    details: error.details,
  })
}

function registryError(address: string, subject: string | undefined, error: Error): SluiceError {
  const { status, message } = error as ResponseError
  const said = message.replace(/^sluice - /, '')
  // The client gives status 400 to a request that had no answer. What a registry says itself, it says in a message.
  const hadAnswer = status !== undefined && !said.startsWith('Error, status 400: ')
  if (!hadAnswer || status >= 500 || status === 408 || status === 429)
    return registryUnavailable(address, subject, new Error(said.replace('Error, status 400: ', ''), { cause: error }))
  const details = { url: address, status, said, ...(subject !== undefined && { subject }) }
  const who = askedRegistry(address, subject)
  if (status === 401 || status === 403) {
    return new SluiceError('REGISTRY_DENIED', `${who} lets nobody in: ${said}`, {
      cause: error,
      fix: 'Correct SCHEMA_REGISTRY_USERNAME and SCHEMA_REGISTRY_PASSWORD, or have the user allowed what it does.',
      details,
    })
  }
  return new SluiceError('REGISTRY_REFUSED', `${who} refuses: ${said}`, {
    cause: error,
    fix: 'Correct what it names.',
    details,
  })
}
