/** Topics that have to be there; and one as those need it who write to it, with how much it takes at a time. */
import { DEFAULT_MAX_MESSAGE_BYTES } from '../../topology/record-bytes.ts'
import type { KafkaAdmin, TopicMetadata } from './driver/driver.ts'
import { topicNotFound } from './errors.ts'

export interface KnownTopic {
  readonly name: string
  readonly partitions: number
  /** The topic's max.message.bytes. */
  readonly maxMessageBytes: number
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
  const limit = (await admin.topicConfig(name)).get('max.message.bytes')
  return {
    name,
    partitions: metadata.partitions.length,
    maxMessageBytes: limit === undefined ? DEFAULT_MAX_MESSAGE_BYTES : Number(limit.value),
  }
}
