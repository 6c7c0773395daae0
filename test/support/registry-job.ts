/** Jobs over topics of the embedded log whose schemas are in a registry, in this process. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openLog } from '../../connectors/log/log.ts'
import type { SchemaRegistry } from '../../connectors/registry/registry.ts'
import { openRegistrySerdes } from '../../connectors/registry/serdes.ts'
import { systemClock } from '../../runtime/time/system-clock.ts'
import type { PlacedValue, SerdeSystem } from '../../topology/contract/serde.ts'
import type { TopicSystem } from '../../topology/contract/topic.ts'
import { serializerOf } from '../../topology/serde.ts'
import type { Topic } from '../../topology/topic.ts'
import { type RecordedLog, recordingLogger } from './silent.ts'

export interface RegistryWorld extends AsyncDisposable {
  readonly topics: TopicSystem
  readonly serdes: SerdeSystem
  /** What serdes and topics have logged. */
  readonly log: readonly RecordedLog[]
  /** Values as another application writes them: with the schema of its own `topic`, registered when it is not. */
  encode<T>(topic: Topic<T>, rows: readonly T[]): Promise<readonly Uint8Array[]>
  append(topic: string, values: readonly (Uint8Array | null)[]): Promise<void>
  /** Both. */
  write<T>(topic: Topic<T>, rows: readonly T[]): Promise<void>
}

/** A value as a reader hands it out. */
export function placed(value: Uint8Array | null, offset = 0n): PlacedValue {
  return { topic: 'records', partition: 0, offset, value }
}

/** Closes `registry` with it. */
export function openRegistryWorld(registry: SchemaRegistry): RegistryWorld {
  const directory = mkdtempSync(join(tmpdir(), 'sluice-registry-'))
  const log: RecordedLog[] = []
  const logger = recordingLogger(log)
  const topics = openLog({ path: join(directory, 'log.db'), clock: systemClock, logger })
  const serdes = openRegistrySerdes({ registry, clock: systemClock, random: Math.random, logger })
  async function encode<T>(topic: Topic<T>, rows: readonly T[]): Promise<readonly Uint8Array[]> {
    const serializer = serializerOf(topic, serdes)
    await serializer.prepare?.()
    return rows.map((row) => serializer.encode(row))
  }

  async function append(topic: string, values: readonly (Uint8Array | null)[]): Promise<void> {
    await topics.ensureTopic(topic)
    const records = values.map((value) => ({ key: null, value }))
    await topics.append(topic, records, 'all')
  }

  return {
    topics,
    serdes,
    log,
    encode,
    append,
    write: async (topic, rows) => append(topic.name, await encode(topic, rows)),
    async [Symbol.asyncDispose]() {
      await serdes.close()
      await topics.close()
      rmSync(directory, { recursive: true, force: true })
    },
  }
}
