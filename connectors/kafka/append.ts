/** Appends an application's records to topics, outside of any transaction. */

import type { Clock } from '../../topology/contract/clock.ts'
import type { Logger } from '../../topology/contract/observability.ts'
import type { Acks, OutgoingRecord, RecordMetadata } from '../../topology/contract/topic.ts'
import { fits, recordBytes } from '../../topology/record-bytes.ts'
import { TopicPartitioner } from '../../topology/topic-partitioner.ts'
import type { KafkaDriver, KafkaProducer, PartitionRecords } from './driver/driver.ts'
import { recordTooLarge } from './errors.ts'
import { type KnownTopic, knownTopic } from './known-topic.ts'
import { requestsOf } from './requests.ts'
import type { KafkaSettings } from './settings.ts'

export interface AppenderOptions {
  readonly driver: KafkaDriver
  readonly settings: Pick<KafkaSettings, 'bootstrapServers' | 'compression' | 'discoveryIntervalMs'>
  readonly clock: Clock
  readonly logger: Logger
}

/** Appends with acks 0 that have not gone out. */
const MAX_UNDER_WAY = 64

interface Destination {
  readonly topic: KnownTopic
  readonly partitioner: TopicPartitioner
  readonly knownSinceMs: number
}

/**
 * One idempotent producer for all topics, made at the first append, and made anew after an error. Partitions that a topic
 * gets later are used after a `discoveryIntervalMs`.
 *
 * A partition takes each of its requests whole or not at all; an append of several partitions, or of more than a request
 * holds, may be there in part when it fails. With acks 0 nobody waits: what got lost is logged, with how many records.
 */
export class KafkaAppender {
  private readonly options: AppenderOptions
  private readonly destinations = new Map<string, Promise<Destination>>()
  private readonly underWay = new Set<Promise<unknown>>()
  private producer: Promise<KafkaProducer> | undefined
  /** Appends go one after the other, as a producer's sends do: what waits behind one that fails has the next producer. */
  private tail: Promise<unknown> = Promise.resolve()
  private lostRecords = 0

  constructor(options: AppenderOptions) {
    this.options = options
  }

  /** What `TopicSystem.append` says. @throws {SluiceError} `TOPIC_NOT_FOUND`, `PARTITION_NOT_FOUND` and the driver's */
  async append(name: string, records: readonly OutgoingRecord[], acks: Acks): Promise<readonly RecordMetadata[]> {
    if (records.length === 0) return []
    const { topic, partitioner } = await this.destination(name)
    const { groups, partitions } = partitioner.split(records)
    for (const record of records) {
      // Before anything is sent: a broker would refuse it when others are there already.
      if (!fits(record, topic.maxMessageBytes))
        throw recordTooLarge(name, recordBytes(record), String(topic.maxMessageBytes))
    }
    const requests = requestsOf(topic, groups)
    if (acks !== 0) {
      const offsets = await this.send(requests, acks)
      const next = new Int32Array(topic.partitions)
      return Array.from(partitions, (partition) => ({
        topic: name,
        partition,
        offset: offsets.get(partition)![next[partition]!++]!,
      }))
    }
    // Nobody waits for an answer, but for room: a broker that is slow must not fill the memory of who publishes.
    while (this.underWay.size >= MAX_UNDER_WAY) await Promise.race(this.underWay)
    const sent = this.send(requests, acks).catch((error: unknown) => this.reportLost(name, records.length, error))
    this.underWay.add(sent)
    void sent.then(() => this.underWay.delete(sent))
    return Array.from(partitions, (partition) => ({ topic: name, partition, offset: -1n }))
  }

  /** Waits for what is under way. The driver stays open. */
  async close(): Promise<void> {
    await this.tail
    const { producer } = this
    this.producer = undefined
    await (await producer)?.close()
  }

  /** @returns the offsets of each partition's records, in order */
  private send(requests: readonly PartitionRecords[][], acks: Acks): Promise<Map<number, bigint[]>> {
    const sent = this.tail.then(() => this.sendNow(requests, acks))
    this.tail = sent.catch(() => {})
    return sent
  }

  private async sendNow(requests: readonly PartitionRecords[][], acks: Acks): Promise<Map<number, bigint[]>> {
    const offsets = new Map<number, bigint[]>()
    const { driver, settings } = this.options
    this.producer ??= driver.producer({ compression: settings.compression })
    const { producer } = this
    try {
      for (const parts of requests) {
        const bases = await (await producer).send(parts, acks)
        parts.forEach(({ partition, records }, at) => {
          const known = offsets.get(partition) ?? []
          for (let i = 0; i < records.length; i++) known.push(BigInt(bases[at]! + i))
          offsets.set(partition, known)
        })
      }
    } catch (error) {
      // It may be of no more use; the next append makes another.
      this.producer = undefined
      void producer.then((each) => each.close()).catch(() => {})
      throw error
    }
    return offsets
  }

  private destination(name: string): Promise<Destination> {
    const known = this.destinations.get(name)
    if (known === undefined) return this.lookUp(name)
    return known.then((destination) => {
      const ageMs = this.options.clock.monotonicMs() - destination.knownSinceMs
      return ageMs < this.options.settings.discoveryIntervalMs ? destination : this.lookUp(name)
    })
  }

  private lookUp(name: string): Promise<Destination> {
    const { driver, settings, clock } = this.options
    const found = driver
      .admin()
      .then((admin) => knownTopic(admin, name, settings.bootstrapServers))
      .then((topic) => ({ topic, partitioner: new TopicPartitioner(topic), knownSinceMs: clock.monotonicMs() }))
    this.destinations.set(name, found)
    found.catch(() => this.destinations.delete(name))
    return found
  }

  private reportLost(topic: string, records: number, error: unknown): void {
    this.lostRecords += records
    this.options.logger.error(
      { event: 'append-lost', topic, records, lostRecordsTotal: this.lostRecords, err: error },
      'records published with acks 0 were lost',
    )
  }
}
