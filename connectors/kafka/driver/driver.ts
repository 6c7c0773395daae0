/**
 * What Sluice asks of a Kafka client: connections, an administrator, fetches and producers. One folder beside this file
 * implements it per client; test/conformance/kafka-driver.ts is what each has to pass.
 *
 * Offsets are numbers in here: Kafka counts in 64 bits, and no partition comes near 2^53 records.
 */
import type { Acks, OutgoingRecord, RecordHeader } from '../../../topology/contract/topic.ts'

export interface KafkaDriver {
  /** One per driver, made at the first call. @throws {SluiceError} as connector errors say */
  admin(): Promise<KafkaAdmin>
  /** Reads partitions it is assigned. */
  fetcher(options: FetcherOptions): Promise<KafkaFetcher>
  /** Connects; with a transactional id, also initialises it: every older producer of that id is shut out then. */
  producer(options: ProducerOptions): Promise<KafkaProducer>
  /** Closes what it has handed out too. */
  close(): Promise<void>
}

// ---- administration

export interface PartitionMetadata {
  readonly partition: number
  /** −1: none right now. */
  readonly leader: number
  readonly replicas: number
}

export interface TopicMetadata {
  readonly topic: string
  /** Dense, in order. */
  readonly partitions: readonly PartitionMetadata[]
}

export interface NewTopic {
  readonly topic: string
  readonly partitions: number
  /** Undefined: the cluster's default. */
  readonly replicationFactor: number | undefined
  /** As Kafka names them: retention.ms, cleanup.policy, compression.type … */
  readonly config: Readonly<Record<string, string>>
}

/** `latest` is the end that readers of everything see, the high watermark, and not the last stable offset. */
export type OffsetPlace = 'earliest' | 'latest' | { readonly timestampMs: number }

export interface KafkaAdmin {
  listTopics(): Promise<readonly string[]>
  /** Undefined for a topic that is not there; a topic is never made by asking. */
  describeTopic(topic: string): Promise<TopicMetadata | undefined>
  brokerCount(): Promise<number>
  /** @returns false when it was there. */
  createTopic(topic: NewTopic): Promise<boolean>
  /** Raises the number of partitions. */
  createPartitions(topic: string, count: number): Promise<void>
  deleteTopic(topic: string): Promise<void>
  /** What is set for the topic itself, and what applies by default. */
  topicConfig(topic: string): Promise<ReadonlyMap<string, { readonly value: string; readonly isDefault: boolean }>>
  /** Sets these, and leaves others as they are. */
  alterTopicConfig(topic: string, config: Readonly<Record<string, string>>): Promise<void>
  /** By partition. For a timestamp: the first record of it or later, else the end. */
  offsets(topic: string, place: OffsetPlace): Promise<readonly number[]>
  /** Committed offsets of a consumer group by partition; undefined where it has none. */
  groupOffsets(group: string, topic: string): Promise<readonly (number | undefined)[]>
  /** Commits for a group that has no members: for monitoring lag only. */
  commitGroupOffsets(group: string, topic: string, offsets: ReadonlyMap<number, number>): Promise<void>
}

// ---- fetching

export type IsolationLevel = 'read_committed' | 'read_uncommitted'

export interface FetcherOptions {
  readonly topic: string
  readonly isolation: IsolationLevel
  /** It fetches ahead until so much waits to be taken. @default 32 MiB */
  readonly bufferBytes?: number
  /** Per partition and fetch. @default 1 MiB */
  readonly partitionBytes?: number
  /** A broker that has nothing answers after so long. @default 500 */
  readonly maxWaitMs?: number
}

/**
 * Records of one partition as they lie in the bytes of a fetch, without an object for each. Control records and records
 * of aborted transactions are not among them, but `nextOffset` has passed them.
 */
export interface RecordSet {
  readonly partition: number
  readonly length: number
  readonly bytes: Buffer
  readonly offsets: Float64Array
  readonly timestampsMs: Float64Array
  /** In `bytes`; a start of −1: null. */
  readonly keyStarts: Int32Array
  readonly keyEnds: Int32Array
  /** In `bytes`; a start of −1: a tombstone. */
  readonly valueStarts: Int32Array
  readonly valueEnds: Int32Array
  /** Made when asked for; undefined: none. */
  headers(index: number): readonly RecordHeader[] | undefined
  /** Where to read on once this set has been taken whole. A set may hold no record and only move on. */
  readonly nextOffset: number
}

export interface PartitionProgress {
  /** The end of the partition, as the last fetch told. */
  readonly highWatermark: number
  /** Where a read_committed read ends. */
  readonly lastStableOffset: number
  readonly logStartOffset: number
}

/** Takes turns among its partitions. A partition whose leader moves or is away is tried again, for ever, with a log line. */
export interface KafkaFetcher {
  /** Adds partitions, each to be read from an offset. */
  assign(partitions: ReadonlyMap<number, number>): void
  /** Reads on from another offset; what was fetched from the one before is dropped. */
  seek(partition: number, offset: number): void
  pause(partitions: readonly number[]): void
  resume(partitions: readonly number[]): void
  /**
   * The next set there is, or undefined when none is right now.
   *
   * @throws {OffsetOutOfRange} for a partition, which then stands until `seek`; {SluiceError} that no retry mends
   */
  take(): RecordSet | undefined
  /** Resolves when `take` may give something, or after `timeoutMs`. */
  wait(timeoutMs: number, signal: AbortSignal): Promise<void>
  progress(partition: number): PartitionProgress | undefined
  close(): Promise<void>
}

// ---- producing

export type Compression = 'none' | 'gzip' | 'snappy' | 'lz4' | 'zstd'

export interface ProducerOptions {
  /** Transactions, and with them idempotence. */
  readonly transactionalId?: string
  /** The broker aborts a transaction that lasts longer. @default 60,000 */
  readonly transactionTimeoutMs?: number
  /** @default 'none' */
  readonly compression?: Compression
}

/** What is sent to one partition in one go, in order. */
export interface PartitionRecords {
  readonly topic: string
  readonly partition: number
  readonly records: readonly OutgoingRecord[]
}

/**
 * After an error that is `unknown` (see errors.ts) or fatal the producer is of no more use: close it and make another.
 */
export interface KafkaProducer {
  /**
   * Sends outside of transactions; records without a timestamp get the client's time. Retries of an idempotent producer
   * neither lose nor double; every producer without a transactional id is idempotent unless acks is not 'all'.
   *
   * @returns base offsets in the order given; −1 with acks 0.
   */
  send(parts: readonly PartitionRecords[], acks: Acks): Promise<readonly number[]>
  /** Begins a transaction. Only one at a time. */
  begin(): Promise<KafkaTransaction>
  close(): Promise<void>
}

export interface KafkaTransaction {
  send(parts: readonly PartitionRecords[]): Promise<void>
  /** @throws {SluiceError} `KAFKA_UNKNOWN_OUTCOME` when it may have been committed, `FENCED` when another producer has the id. */
  commit(): Promise<void>
  abort(): Promise<void>
}
