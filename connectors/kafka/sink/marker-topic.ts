/** The topic that markers are written to: made on demand, compacted, and never emptied by age. */
import { SluiceError } from '../../../topology/errors.ts'
import type { KafkaAdmin } from '../driver/driver.ts'

/**
 * One is enough: a marker is small, and its partition is part of a transaction only from the marker to the end. It is
 * always this one, so that somebody who adds partitions hides no marker.
 */
export const MARKER_PARTITION = 0

const CONFIG = {
  'cleanup.policy': 'compact',
  'retention.ms': '-1',
  // It is read from the beginning at every start: what has been replaced should go soon.
  'segment.bytes': String(16 << 20),
  'min.cleanable.dirty.ratio': '0.1',
}
/** As Kafka has it for its own topics, where there are so many brokers. */
const REPLICATION_FACTOR = 3

/** @throws {SluiceError} `MARKER_TOPIC_INVALID` when it is there and forgets */
export async function ensureMarkerTopic(admin: KafkaAdmin, topic: string): Promise<void> {
  if ((await admin.describeTopic(topic)) === undefined) {
    const replicationFactor = Math.min(REPLICATION_FACTOR, await admin.brokerCount())
    await admin.createTopic({ topic, partitions: MARKER_PARTITION + 1, replicationFactor, config: CONFIG })
  }
  const policy = (await admin.topicConfig(topic)).get('cleanup.policy')?.value
  if (policy === 'compact') return
  throw new SluiceError('MARKER_TOPIC_INVALID', `topic '${topic}' has cleanup.policy=${policy}`, {
    fix: 'It holds what sinks have committed, for ever: set its cleanup.policy to compact, or name another topic.',
    details: { topic, policy },
  })
}
