/** Errors of Kafka as Sluice's: what happened, to which topic, and what to do. */
import { isSluiceError, SluiceError } from '../../topology/errors.ts'
import { nearestName } from '../../topology/nearest-name.ts'
import { isPassing, type KafkaErrorName } from './driver/protocol/error-codes.ts'

/** Whether the broker may have done what was asked although no reply came. */
export const UNKNOWN_OUTCOME = 'KAFKA_UNKNOWN_OUTCOME'

/** No server answers, or none did in time. */
export const UNREACHABLE = 'KAFKA_UNREACHABLE'

/** Answers that pass by themselves: a leader being elected, a coordinator that loads. */
export const UNAVAILABLE = 'KAFKA_UNAVAILABLE'

/** Whether the same may succeed a little later. */
export function isTransient(error: unknown): boolean {
  return isSluiceError(error, UNREACHABLE) || isSluiceError(error, UNAVAILABLE)
}

/** What an error is about. */
export interface KafkaSubject {
  /** What was being done, as a noun: "creating it", "a fetch". */
  readonly doing: string
  readonly topic?: string
  readonly partition?: number
  readonly group?: string
  readonly transactionalId?: string
}

interface Explanation {
  readonly code: string
  readonly what: string
  readonly fix: string
}

const FENCED: Explanation = {
  code: 'FENCED',
  what: 'another producer has taken over its transactional id, or its transaction has lasted too long and was aborted',
  fix: 'If no other process runs this job, let transactions last longer (KAFKA_TRANSACTION_TIMEOUT) or checkpoint more often.',
}

const EXPLANATIONS: { readonly [name in KafkaErrorName]?: Explanation } = {
  TOPIC_AUTHORIZATION_FAILED: {
    code: 'KAFKA_AUTHORIZATION',
    what: 'this user may not do it',
    fix: 'Give the principal the ACLs for this topic (kafka-acls.sh --add): Read to read it; Write and DescribeConfigs to write it; Create, Alter and AlterConfigs to make and change it.',
  },
  GROUP_AUTHORIZATION_FAILED: {
    code: 'KAFKA_AUTHORIZATION',
    what: 'this user may not use it',
    fix: 'Give the principal the ACL Read on this group (kafka-acls.sh --add --group).',
  },
  CLUSTER_AUTHORIZATION_FAILED: {
    code: 'KAFKA_AUTHORIZATION',
    what: 'this user may not do it on the cluster',
    fix: 'Give the principal the ACL that it needs on the cluster (kafka-acls.sh --add --cluster): IdempotentWrite to produce, Create to make topics.',
  },
  TRANSACTIONAL_ID_AUTHORIZATION_FAILED: {
    code: 'KAFKA_AUTHORIZATION',
    what: 'this user may not use it',
    fix: 'Give the principal the ACLs Describe and Write on this transactional id (kafka-acls.sh --add --transactional-id).',
  },
  // To what is asked after a token that was not taken.
  ILLEGAL_SASL_STATE: {
    code: 'KAFKA_AUTHENTICATION',
    what: 'the broker does not accept the credentials',
    fix: 'Check that the token is for this cluster and has not ended.',
  },
  INVALID_TOPIC_EXCEPTION: {
    code: 'KAFKA_TOPIC_NAME',
    what: 'Kafka takes no such name',
    fix: 'Use letters, digits, ".", "_" and "-", at most 249 of them.',
  },
  INVALID_REPLICATION_FACTOR: {
    code: 'KAFKA_REPLICATION_FACTOR',
    what: 'the cluster has fewer brokers than copies are asked for',
    fix: 'Declare a smaller replicationFactor, or none: the cluster then takes its own default.',
  },
  INVALID_PARTITIONS: {
    code: 'KAFKA_PARTITIONS',
    what: 'Kafka only ever raises the number of partitions',
    fix: 'Declare at least as many partitions as the topic has; for fewer, make another topic and copy the records.',
  },
  INVALID_CONFIG: {
    code: 'KAFKA_CONFIG',
    what: 'the broker does not take this configuration',
    fix: 'Correct the value that the message names.',
  },
  POLICY_VIOLATION: {
    code: 'KAFKA_CONFIG',
    what: "it is against the cluster's policy",
    fix: 'Follow what the message says, or ask those who run the cluster.',
  },
  MESSAGE_TOO_LARGE: {
    code: 'RECORD_TOO_LARGE',
    what: 'a record is larger than the topic takes',
    fix: "Raise the topic's max.message.bytes, compress, or keep large objects elsewhere and publish a reference.",
  },
  RECORD_LIST_TOO_LARGE: {
    code: 'RECORD_TOO_LARGE',
    what: 'a record is larger than a log segment of the topic',
    fix: 'Raise segment.bytes, compress, or keep large objects elsewhere and publish a reference.',
  },
  INVALID_RECORD: {
    code: 'KAFKA_INVALID_RECORD',
    what: 'the broker refuses a record',
    fix: 'A compacted topic takes no record without a key; what else it checks, the message says.',
  },
  INVALID_TIMESTAMP: {
    code: 'KAFKA_INVALID_RECORD',
    what: "a record's timestamp is too far from the broker's time",
    fix: "Widen the topic's message.timestamp.before.max.ms and message.timestamp.after.max.ms, or let the broker give the time.",
  },
  INVALID_TRANSACTION_TIMEOUT: {
    code: 'KAFKA_TRANSACTION_TIMEOUT',
    what: 'transactions may not last so long here',
    fix: "Lower KAFKA_TRANSACTION_TIMEOUT, or raise the broker's transaction.max.timeout.ms.",
  },
  PRODUCER_FENCED: FENCED,
  INVALID_PRODUCER_EPOCH: FENCED,
  INVALID_PRODUCER_ID_MAPPING: FENCED,
  NON_EMPTY_GROUP: {
    code: 'KAFKA_GROUP_IN_USE',
    what: 'the group has members of its own',
    fix: 'Give the job a group that no consumer has joined.',
  },
  UNKNOWN_MEMBER_ID: {
    code: 'KAFKA_GROUP_IN_USE',
    what: 'the group has members of its own',
    fix: 'Give the job a group that no consumer has joined.',
  },
  UNSUPPORTED_VERSION: {
    code: 'KAFKA_VERSION',
    what: 'the broker does not know this request',
    fix: 'Sluice needs Kafka 2.4 or newer.',
  },
  UNSUPPORTED_COMPRESSION_TYPE: {
    code: 'KAFKA_VERSION',
    what: 'the broker does not know this compression',
    fix: 'Choose another KAFKA_COMPRESSION, or upgrade the brokers.',
  },
}

/** An error that the broker has answered with; `message` is what it says itself, where it does. */
export function responseError(name: KafkaErrorName, subject: KafkaSubject, message?: string): SluiceError {
  const passing = {
    code: UNAVAILABLE,
    what: 'the cluster is not ready for it',
    fix: 'Look at the brokers and their logs.',
  }
  const refused = { code: 'KAFKA_REFUSED', what: 'the broker refuses it', fix: 'Look at the log of the broker.' }
  const { code, what, fix } = EXPLANATIONS[name] ?? (isPassing(name) ? passing : refused)
  const says = message === undefined || message === '' ? name : `${name}: ${message}`
  return new SluiceError(code, `${nameOf(subject)}: ${subject.doing}: ${what} (${says})`, {
    fix,
    details: { ...subject, kafkaError: name },
  })
}

function nameOf({ topic, partition, group, transactionalId }: KafkaSubject): string {
  if (topic !== undefined) return `topic '${topic}'${partition === undefined ? '' : `, partition ${partition}`}`
  if (group !== undefined) return `group '${group}'`
  if (transactionalId !== undefined) return `transactional id '${transactionalId}'`
  return 'Kafka'
}

/** @param topics that are there */
export function topicNotFound(topic: string, servers: readonly string[], topics: readonly string[]): SluiceError {
  const nearest = nearestName(topic, topics)
  const meant = nearest === undefined ? '' : `; did you mean '${nearest}'?`
  return new SluiceError('TOPIC_NOT_FOUND', `topic '${topic}' is not on ${servers.join(', ')}${meant}`, {
    fix: 'Make it (runtime topics create), correct its name, or let this user see it: a topic that may not be described looks missing.',
    details: { topic, nearest },
  })
}

/** @param limitBytes of the topic, where it is known */
export function recordTooLarge(topic: string, sizeBytes: number, limitBytes: string | undefined): SluiceError {
  const limit = limitBytes === undefined ? '' : `, and the topic takes ${limitBytes}`
  return new SluiceError('RECORD_TOO_LARGE', `topic '${topic}': a record has some ${sizeBytes} bytes${limit}`, {
    fix: "Raise the topic's max.message.bytes, compress, or keep large objects elsewhere and publish a reference.",
    details: { topic, sizeBytes, limitBytes },
  })
}

export function unreachable(servers: readonly string[], reason: string, cause?: unknown): SluiceError {
  return new SluiceError(UNREACHABLE, `Kafka is not reached at ${servers.join(', ')}: ${reason}`, {
    cause,
    fix: 'Check KAFKA_BOOTSTRAP_SERVERS, that the brokers run, and that the names and ports they advertise lead to them from here.',
    details: { servers: servers.join(','), reason },
  })
}

export function unknownOutcome(subject: KafkaSubject, cause: unknown): SluiceError {
  return new SluiceError(
    UNKNOWN_OUTCOME,
    `${nameOf(subject)}: ${subject.doing}: no reply came, and it may have been done all the same`,
    { cause, fix: 'Look at what the topic holds before doing it again.', details: { ...subject } },
  )
}

/** A position that the partition does not hold (any more): retention has passed it, or the topic was made anew. */
export class OffsetOutOfRange extends SluiceError {
  readonly partition: number
  readonly offset: number
  readonly logStartOffset: number
  readonly highWatermark: number

  constructor(
    topic: string,
    at: {
      readonly partition: number
      readonly offset: number
      readonly logStartOffset: number
      readonly highWatermark: number
    },
  ) {
    const { partition, offset, logStartOffset, highWatermark } = at
    const isGone = offset < logStartOffset
    super(
      'OFFSET_OUT_OF_RANGE',
      `topic '${topic}', partition ${partition}: offset ${offset} is not there, ` +
        (isGone ? `the earliest is ${logStartOffset}` : `it ends before ${highWatermark}`),
      {
        fix: isGone
          ? "Records before it have gone by the topic's retention: keep them longer, start a new job from earliest, or go on without them by KAFKA_OUT_OF_RANGE=skip."
          : 'This is not the topic that the checkpoint was taken on: bring that one back, or start a new job from earliest.',
        details: {
          topic,
          partition,
          offset: String(offset),
          earliestOffset: String(logStartOffset),
          nextOffset: String(highWatermark),
        },
      },
    )
    this.partition = partition
    this.offset = offset
    this.logStartOffset = logStartOffset
    this.highWatermark = highWatermark
  }
}
