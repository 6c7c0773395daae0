/** A topic as those need it who write to it: how many partitions it has, and how much it takes at a time. */
import { SluiceError } from '../../topology/errors.ts'
import { nearestName } from '../../topology/nearest-name.ts'
import { DEFAULT_MAX_MESSAGE_BYTES } from '../../topology/record-bytes.ts'
import type { KafkaAdmin } from './driver/driver.ts'

export interface KnownTopic {
  readonly name: string
  readonly partitions: number
  /** The topic's max.message.bytes. */
  readonly maxMessageBytes: number
}

/** @throws {SluiceError} `TOPIC_NOT_FOUND`, with the name that is nearest */
export async function knownTopic(admin: KafkaAdmin, name: string): Promise<KnownTopic> {
  const metadata = await admin.describeTopic(name)
  if (metadata === undefined) throw await notFound(admin, name)
  const limit = (await admin.topicConfig(name)).get('max.message.bytes')
  return {
    name,
    partitions: metadata.partitions.length,
    maxMessageBytes: limit === undefined ? DEFAULT_MAX_MESSAGE_BYTES : Number(limit.value),
  }
}

async function notFound(admin: KafkaAdmin, topic: string): Promise<SluiceError> {
  const topics = await admin.listTopics()
  const nearest = nearestName(topic, topics)
  const make = 'make it with `runtime topics create`'
  return new SluiceError('TOPIC_NOT_FOUND', `topic '${topic}' is not there`, {
    fix: nearest === undefined ? `Declare it in the job, or ${make}.` : `Did you mean '${nearest}'? Else ${make}.`,
    details: { topic, nearest },
  })
}
