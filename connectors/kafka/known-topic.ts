/** Topics that have to be there; and one as those need it who write to it, with which records it takes. */
import { DEFAULT_MAX_MESSAGE_BYTES } from '../../topology/record-bytes.ts'
import type { KafkaAdmin, TopicMetadata } from './driver/driver.ts'
import { topicNotFound } from './errors.ts'

export interface KnownTopic {
  readonly name: string
  readonly partitions: number
  /** The topic's max.message.bytes. */
  readonly maxMessageBytes: number
  /** It takes no record without a key. */
  readonly isCompacted: boolean
  /** How far the time of a record may be ahead of the broker's: an hour unless the topic says otherwise (Kafka 3.6). */
  readonly timestampAheadMaxMs: number
}

/** @throws {SluiceError} `TOPIC_NOT_FOUND`, with the name that is nearest */
export async function requireTopic(
  admin: KafkaAdmin,
  name: string,
  servers: readonly string[],
): Promise<TopicMetadata> {
  const metadata = await admin.describeTopic(name)
  if (metadata === undefined) throw topicNotFound(name, servers, await admin.listTopics())
  return metadata
}

/** @throws {SluiceError} `TOPIC_NOT_FOUND`, with the name that is nearest */
export async function knownTopic(admin: KafkaAdmin, name: string, servers: readonly string[]): Promise<KnownTopic> {
  const metadata = await requireTopic(admin, name, servers)
  const config = await admin.topicConfig(name)
  const setting = (of: string) => config.get(of)?.value
  const takesAnyTime = setting('message.timestamp.type') === 'LogAppendTime'
  return {
    name,
    partitions: metadata.partitions.length,
    maxMessageBytes: Number(setting('max.message.bytes') ?? DEFAULT_MAX_MESSAGE_BYTES),
    isCompacted: setting('cleanup.policy')?.includes('compact') === true,
    timestampAheadMaxMs: takesAnyTime
      ? Number.POSITIVE_INFINITY
      : Number(setting('message.timestamp.after.max.ms') ?? Number.POSITIVE_INFINITY),
  }
}
