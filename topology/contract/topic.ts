/** A durable, partitioned log of records, as the producer and the CLI need it: Kafka, or the embedded log. */
import type { Clock } from './clock.ts'
import type { Logger } from './observability.ts'
import type { Sink } from './sink.ts'
import type { Source } from './source.ts'

/** `all`: durable before the reply. `1`: in the log, not yet forced to disk. `0`: not awaited. */
export type Acks = 'all' | 1 | 0

/** What travels beside a record's value; a key may come more than once. */
export interface RecordHeader {
  readonly key: string
  readonly value: Uint8Array | null
}

export interface OutgoingRecord {
  readonly key: Uint8Array | null
  /** Null: a tombstone, which deletes what a compacted topic holds of the key. */
  readonly value: Uint8Array | null
  /** @default none */
  readonly headers?: readonly RecordHeader[] | undefined
  /** @default now */
  readonly timestampMs?: number | undefined
  /** @default chosen by the key */
  readonly partition?: number
}

export interface RecordMetadata {
  readonly topic: string
  readonly partition: number
  /** −1n with acks 0. */
  readonly offset: bigint
}

export interface TopicDescription {
  readonly topic: string
  readonly partitions: readonly {
    readonly partition: number
    readonly earliestOffset: bigint
    /** The next offset to be written. */
    readonly latestOffset: bigint
    /** Undefined where the system does not tell. */
    readonly sizeBytes: number | undefined
  }[]
  /** Undefined: records stay for ever. */
  readonly retentionMs: number | undefined
  /** Copies of each partition; undefined where the system keeps one. */
  readonly replicationFactor?: number | undefined
  readonly cleanupPolicy?: CleanupPolicy | undefined
}

/** What becomes of old records: gone by age, all but the last of each key gone, or both. */
export type CleanupPolicy = 'delete' | 'compact' | 'compact,delete'

/** How a topic is made: what its declaration says of it. */
export interface TopicOptions {
  /** @default 4 */
  readonly partitions?: number
  /** Copies of each partition. The embedded log keeps one whatever it says. @default the cluster's own */
  readonly replicationFactor?: number
  /** Records older than this may be deleted; Infinity: none ever. @default never */
  readonly retentionMs?: number
  /** The embedded log never compacts: a topic that says so keeps more than it must. @default 'delete' */
  readonly cleanupPolicy?: CleanupPolicy
}

/** One system of topics. */
export interface TopicSystem {
  /** Makes the topic if it is not there; one that is stays as it is. */
  ensureTopic(topic: string, options?: TopicOptions): Promise<void>
  /**
   * Changes what is given, and leaves the rest. Keys may hash to other partitions once there are more of them.
   *
   * @throws {SluiceError} `TOPIC_NOT_FOUND`, `TOPIC_INVALID`, and as `requireAlterable` in topology/topic-drift.ts says.
   */
  alterTopic(topic: string, options: TopicOptions): Promise<void>
  /** Appends in order; all or nothing per call where the system can. */
  append(topic: string, records: readonly OutgoingRecord[], acks: Acks): Promise<readonly RecordMetadata[]>
  /** All topics, or those of `topics` that are there, by name. */
  describeTopics(topics?: readonly string[]): Promise<readonly TopicDescription[]>
  /** The topic as a source. */
  source(topic: string, options?: TopicOptions): Source
  /** The topic as a two-phase sink of {@link OutgoingRecord}s; its output becomes visible once its checkpoint is complete. */
  sink(topic: string, options?: TopicOptions): Sink
  close(): Promise<void>
}

export interface TopicSystemContext {
  readonly clock: Clock
  readonly logger: Logger
}
