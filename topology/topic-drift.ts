/** What a topic's declaration says against what is there. */
import type { TopicDescription, TopicOptions } from './contract/topic.ts'
import { SluiceError } from './errors.ts'

export interface TopicDrift {
  readonly option: keyof TopicOptions
  readonly declared: number | string
  /** Of a retention: Infinity where records stay for ever. */
  readonly actual: number | string
}

/** Where they differ; nothing is said of what is not declared, nor of what the system does not have. */
export function topicDrift(declared: TopicOptions, actual: TopicDescription): readonly TopicDrift[] {
  const there: Readonly<Record<keyof TopicOptions, number | string | undefined>> = {
    partitions: actual.partitions.length,
    replicationFactor: actual.replicationFactor,
    retentionMs: actual.retentionMs ?? Number.POSITIVE_INFINITY,
    cleanupPolicy: actual.cleanupPolicy,
  }
  return (Object.keys(there) as (keyof TopicOptions)[]).flatMap((option) => {
    const [wanted, is] = [declared[option], there[option]]
    return wanted === undefined || is === undefined || wanted === is ? [] : [{ option, declared: wanted, actual: is }]
  })
}

/**
 * What every topic system refuses to change.
 *
 * @throws {SluiceError} `TOPIC_PARTITIONS_LOWERED`, `TOPIC_REPLICATION_FIXED`
 */
export function requireAlterable(topic: string, drift: readonly TopicDrift[]): void {
  for (const { option, declared, actual } of drift) {
    if (option === 'partitions' && declared < actual) {
      throw new SluiceError(
        'TOPIC_PARTITIONS_LOWERED',
        `topic '${topic}' has ${actual} partitions, and can't have ${declared}: partitions are only added`,
        {
          fix: `Declare ${actual} partitions, or publish into a new topic.`,
          details: { topic, partitions: actual, declared },
        },
      )
    }
    if (option === 'replicationFactor') {
      throw new SluiceError(
        'TOPIC_REPLICATION_FIXED',
        `topic '${topic}' has ${actual} copies of each partition, and ${declared} are declared: that is fixed when it is made`,
        {
          fix: `Declare ${actual}, or move its partitions with kafka-reassign-partitions.`,
          details: { topic, replicationFactor: actual, declared },
        },
      )
    }
  }
}
