/** Jobs over topics of the embedded log whose schemas are in a registry, in this process. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openLog } from '../../connectors/log/log.ts'
import type { SchemaRegistry } from '../../connectors/registry/registry.ts'
import { openRegistrySerdes } from '../../connectors/registry/serdes.ts'
import { systemClock } from '../../runtime/time/system-clock.ts'
import type { SerdeSystem } from '../../topology/contract/serde.ts'
import type { TopicSystem } from '../../topology/contract/topic.ts'
import { serializerOf } from '../../topology/serde.ts'
import type { Topic } from '../../topology/topic.ts'
import { type RecordedLog, recordingLogger } from './silent.ts'

export interface RegistryWorld extends AsyncDisposable {
  readonly topics: TopicSystem
  readonly serdes: SerdeSystem
  /** What serdes and topics have logged. */
  readonly log: readonly RecordedLog[]
  /** Writes rows as another application would: with the schema of its own `topic`, registered when it is not. */
  write<T>(topic: Topic<T>, rows: readonly T[]): Promise<void>
}

/** Closes `registry` with it. */
export function openRegistryWorld(registry: SchemaRegistry): RegistryWorld {
  const directory = mkdtempSync(join(tmpdir(), 'sluice-registry-'))
  const log: RecordedLog[] = []
  const logger = recordingLogger(log)
  const topics = openLog({ path: join(directory, 'log.db'), clock: systemClock, logger })
  const serdes = openRegistrySerdes({ registry, clock: systemClock, random: Math.random, logger })
  return {
    topics,
    serdes,
    log,
    async write(topic, rows) {
      const serializer = serializerOf(topic, serdes)
      await serializer.prepare?.()
      await topics.ensureTopic(topic.name)
      await topics.append(
        topic.name,
        rows.map((row) => ({ key: null, value: serializer.encode(row) })),
        'all',
      )
    },
    async [Symbol.asyncDispose]() {
      await serdes.close()
      await topics.close()
      rmSync(directory, { recursive: true, force: true })
    },
  }
}
