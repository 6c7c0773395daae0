/** A cluster in memory, and the topic system on it. */
import { onTestFinished } from 'vitest'
import { openKafka } from '../../../connectors/kafka/kafka.ts'
import type { KafkaSettings } from '../../../connectors/kafka/settings.ts'
import { memoryFiles } from '../../../connectors/memory/memory-files.ts'
import type { TopicSystem } from '../../../topology/contract/topic.ts'
import { FakeKafka } from '../../support/fake-kafka.ts'
import { ManualClock } from '../../support/manual-clock.ts'
import { recordingLogger } from '../../support/silent.ts'

export const SETTINGS: KafkaSettings = {
  bootstrapServers: ['fake:9092'],
  clientId: 'test',
  client: 'kafkajs',
  compression: 'none',
  requestTimeoutMs: 30_000,
  connectTimeoutMs: 10_000,
  outOfRange: 'fail',
  discoveryIntervalMs: 60_000,
  delivery: 'exactly-once',
  sinkShards: 2,
  transactionTimeoutMs: 60_000,
  markerTopic: 'sluice-markers',
}

export interface TestCluster {
  readonly kafka: FakeKafka
  readonly clock: ManualClock
  readonly system: TopicSystem
}

export function testCluster(settings: Partial<KafkaSettings> = {}): TestCluster {
  const clock = new ManualClock()
  const kafka = new FakeKafka({ clock })
  const system = openKafka({
    settings: { ...SETTINGS, ...settings },
    driver: kafka.driver(),
    partitions: 4,
    files: memoryFiles(),
    outbox: 'memory://outbox',
    clock,
    random: () => 0.5,
    logger: recordingLogger(),
    faultPoint: () => {},
  })
  onTestFinished(() => system.close())
  return { kafka, clock, system }
}
