/** The administrator of the fake. */
import type { KafkaAdmin, NewTopic, OffsetPlace } from '../../../connectors/kafka/driver/driver.ts'
import type { KafkaErrorName } from '../../../connectors/kafka/driver/protocol/error-codes.ts'
import { responseError } from '../../../connectors/kafka/errors.ts'
import type { FakeKafka } from '../fake-kafka.ts'
import type { RequestKind } from './network.ts'

export type Ask = <T>(kind: RequestKind, subject: string, arrive: () => T) => Promise<T>

export function fakeAdmin(kafka: FakeKafka, ask: Ask): KafkaAdmin {
  const admin = <T>(subject: string, arrive: () => T) => ask('admin', subject, arrive)
  return {
    listTopics: () => admin('', () => kafka.topicNames),
    describeTopic: (topic) =>
      admin(topic, () => {
        if (!kafka.topicNames.includes(topic)) return undefined
        const { partitions, replicas } = kafka.topic(topic)
        return { topic, partitions: partitions.map(({ partition }) => ({ partition, leader: 1, replicas })) }
      }),
    brokerCount: () => admin('', () => kafka.brokers),
    createTopic: ({ topic, partitions, replicationFactor = 1, config }: NewTopic) =>
      admin(topic, () => {
        const refuse = (name: KafkaErrorName, message?: string) =>
          responseError(name, { doing: 'creating it', topic }, message)
        const wrong = Object.keys(config).find((name) => name.endsWith('.ms') && Number.isNaN(Number(config[name])))
        if (wrong !== undefined) throw refuse('INVALID_CONFIG', wrong)
        if (kafka.topicNames.includes(topic)) return false
        if (!/^[a-zA-Z0-9._-]{1,249}$/.test(topic)) throw refuse('INVALID_TOPIC_EXCEPTION')
        if (replicationFactor > kafka.brokers) throw refuse('INVALID_REPLICATION_FACTOR')
        kafka.createTopic(topic, partitions, config, replicationFactor)
        return true
      }),
    createPartitions: (topic, count) =>
      admin(topic, () => {
        if (count <= kafka.topic(topic).partitions.length) {
          throw responseError('INVALID_PARTITIONS', { doing: 'adding partitions', topic })
        }
        kafka.addPartitions(topic, count)
      }),
    deleteTopic: (topic) => admin(topic, () => kafka.deleteTopic(topic)),
    topicConfig: (topic) => admin(topic, () => kafka.configOf(topic)),
    alterTopicConfig: (topic, config) =>
      admin(topic, () => {
        for (const [name, value] of Object.entries(config)) kafka.topic(topic).config.set(name, value)
      }),
    offsets: (topic, place: OffsetPlace) =>
      ask('offsets', topic, () =>
        kafka.topic(topic).partitions.map((partition) => {
          if (place === 'earliest') return partition.logStartOffset
          return place === 'latest' ? partition.highWatermark : partition.offsetAt(place.timestampMs)
        }),
      ),
    groupOffsets: (group, topic) =>
      admin(topic, () =>
        kafka.topic(topic).partitions.map(({ partition }) => kafka.group(group, topic).get(partition)),
      ),
    commitGroupOffsets: (group, topic, offsets) =>
      admin(topic, () => {
        for (const [partition, offset] of offsets) kafka.group(group, topic).set(partition, offset)
      }),
  }
}
