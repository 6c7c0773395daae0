/** Reads and writes topics whose schemas are in a registry. */
import type { Clock, Random } from '../../topology/contract/clock.ts'
import type { Logger } from '../../topology/contract/observability.ts'
import type { RegistryTopic, SerdeSystem, Serializer } from '../../topology/contract/serde.ts'
import { SluiceError } from '../../topology/errors.ts'
import { CODECS } from './codecs.ts'
import { Patience, type Question } from './patience.ts'
import { subjectOf } from './record-name.ts'
import type { RegisteredSchema, SchemaRegistry } from './registry.ts'
import { registryDeserializer } from './registry-deserializer.ts'
import { Schemas } from './schemas.ts'
import { framed } from './wire-format.ts'

export interface SerdesOptions {
  /** Closes with it. */
  readonly registry: SchemaRegistry
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
}

/** How long a job that starts waits for the registry: somebody looks at the terminal. */
const AT_START = { patienceMs: 10_000 }

export function openRegistrySerdes({ registry, clock, random, logger }: SerdesOptions): SerdeSystem {
  const patience = new Patience({ address: registry.address, clock, random, logger })
  const schemas = new Schemas(registry, patience, clock)
  /** By subject and schema: the id, once it is registered. */
  const ids = new Map<string, number>()
  /** What has been seen to, of which topic. */
  const ensured = new Set<string>()

  async function register(topic: RegistryTopic, asking: Pick<Question, 'patienceMs'> = {}): Promise<number> {
    const subject = subjectOf(topic)
    const schema = CODECS[topic.format.kind].schemaOf(topic)
    const key = `${subject}\n${schema.schema}`
    const known = ids.get(key)
    if (known !== undefined) return known
    const question = { ...asking, what: `the id of the schema that is written under subject '${subject}'` }
    const id = await patience.untilAnswered(question, () => registry.register(subject, schema))
    ids.set(key, id)
    return id
  }

  /** The job's own wish goes before what the subject has, also for this very schema. */
  async function setCompatibility(topic: RegistryTopic): Promise<void> {
    const { compatibility } = topic.format
    if (compatibility === undefined) return
    const subject = subjectOf(topic)
    const question = { ...AT_START, what: `the compatibility of subject '${subject}'` }
    await patience.untilAnswered(question, () => registry.setCompatibility(subject, compatibility))
  }

  function latestSchema(subject: string): Promise<RegisteredSchema | undefined> {
    const question = { ...AT_START, what: `the latest schema of subject '${subject}'` }
    return patience.untilAnswered(question, () => registry.latestSchema(subject))
  }

  async function ensureWritten(topic: RegistryTopic): Promise<void> {
    const subject = subjectOf(topic)
    const latest = await latestSchema(subject)
    if (latest !== undefined) await setCompatibility(topic)
    await register(topic, AT_START)
    if (latest === undefined) await setCompatibility(topic)
  }

  async function ensureRead(topic: RegistryTopic): Promise<void> {
    const subject = subjectOf(topic)
    const latest = await latestSchema(subject)
    if (latest === undefined) return
    const codec = CODECS[topic.format.kind]
    try {
      if (latest.type !== codec.type) throw new Error(`its schemas are ${latest.type}, not ${codec.type}`)
      codec.reader(latest, topic)
    } catch (error) {
      throw new SluiceError(
        'SCHEMA_INCOMPATIBLE',
        `topic '${topic.name}' can't be read as it is declared: ${(error as Error).message}`,
        {
          cause: error,
          fix: `Declare it as the latest schema of subject '${subject}' has it; a field may be left out.`,
          details: { topic: topic.name, subject },
        },
      )
    }
  }

  /** Another attempt of a job need not find the registry there. */
  async function once(
    use: 'read' | 'written',
    topic: RegistryTopic,
    ensure: (topic: RegistryTopic) => Promise<void>,
  ): Promise<void> {
    const key = JSON.stringify([use, topic.name, topic.format, CODECS[topic.format.kind].schemaOf(topic)])
    if (ensured.has(key)) return
    await ensure(topic)
    ensured.add(key)
  }

  return {
    async ensure({ read, written }) {
      for (const topic of written) await once('written', topic, ensureWritten)
      for (const topic of read) await once('read', topic, ensureRead)
    },

    deserializer: (topic) => registryDeserializer(topic, CODECS[topic.format.kind], schemas),

    serializer(topic): Serializer<unknown> {
      const write = CODECS[topic.format.kind].writer(topic)
      let id: number | undefined
      return {
        prepare() {
          if (id !== undefined) return undefined
          return register(topic).then((registered) => {
            id = registered
          })
        },
        encode: (row) => framed(id!, write(row)),
      }
    },

    async close() {
      patience.close()
      await registry.close()
    },
  }
}
