/** The topics of a log: their partitions, retention and offsets. */
import type { StatementSync } from 'node:sqlite'
import type { CleanupPolicy, TopicDescription, TopicOptions } from '../../topology/contract/topic.ts'
import { SluiceError } from '../../topology/errors.ts'
import { requireAlterable, topicDrift } from '../../topology/topic-drift.ts'
import type { LogStore } from './store.ts'

export interface Topic {
  readonly topicId: number
  readonly name: string
  readonly partitions: number
}

export interface PartitionOffsets {
  readonly partition: number
  readonly earliestOffset: number
  /** The next offset to be written. */
  readonly nextOffset: number
}

const DEFAULT_PARTITIONS = 4
const MAX_PARTITIONS = 1024
/** As in Kafka, so that a topic can move there. */
const TOPIC_NAME = /^[a-zA-Z0-9._-]{1,249}$/

export class Topics {
  private readonly store: LogStore
  private readonly known = new Map<string, Topic>()
  private readonly find: StatementSync
  private readonly names: StatementSync
  private readonly partitionOffsets: StatementSync
  private readonly descriptions: StatementSync
  private readonly insertTopic: StatementSync
  private readonly insertPartition: StatementSync
  private readonly update: StatementSync

  constructor(store: LogStore) {
    this.store = store
    this.find = store.prepareRead('SELECT topic_id, partitions FROM topic WHERE name = ?')
    this.names = store.prepareRead('SELECT name FROM topic ORDER BY name')
    this.partitionOffsets = store.prepareRead(
      'SELECT partition, earliest_offset, next_offset FROM partition WHERE topic_id = ? ORDER BY partition',
    )
    this.descriptions = store.prepareRead(`
      SELECT t.name, t.retention_ms, t.cleanup_policy, p.partition, p.earliest_offset, p.next_offset,
        (SELECT coalesce(sum(length(b.packed)), 0) FROM record_batch b
         WHERE b.topic_id = p.topic_id AND b.partition = p.partition) AS size_bytes
      FROM topic t JOIN partition p USING (topic_id) ORDER BY t.name, p.partition`)
    this.insertTopic = store.prepareWrite(
      'INSERT INTO topic (name, partitions, retention_ms, cleanup_policy) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING',
    )
    this.insertPartition = store.prepareWrite('INSERT INTO partition VALUES (?, ?, 0, 0)')
    this.update = store.prepareWrite(
      'UPDATE topic SET partitions = ?, retention_ms = ?, cleanup_policy = ? WHERE topic_id = ?',
    )
  }

  /** Makes the topic if it is not there; one that is stays as it is. */
  async ensure(name: string, options: TopicOptions = {}): Promise<void> {
    requireValid(name, options)
    if (this.store.read(`looking up topic '${name}'`, () => this.find.get(name)) !== undefined) return
    const { partitions = DEFAULT_PARTITIONS, retentionMs, cleanupPolicy = 'delete' } = options
    await this.store.write('fsync', `creating topic '${name}'`, () => {
      const { changes, lastInsertRowid } = this.insertTopic.run(
        name,
        partitions,
        retentionOf(retentionMs),
        cleanupPolicy,
      )
      if (changes > 0) this.insertPartitions(lastInsertRowid, 0, partitions)
    })
  }

  /** @throws {SluiceError} `TOPIC_NOT_FOUND`, `TOPIC_INVALID`, `TOPIC_PARTITIONS_LOWERED` */
  async alter(name: string, options: TopicOptions): Promise<void> {
    requireValid(name, options)
    const { topicId } = this.get(name)
    await this.store.write('fsync', `changing topic '${name}'`, () => {
      const [actual] = this.describe([name])
      const there = actual!.partitions.length
      requireAlterable(name, topicDrift(options, actual!))
      const { partitions = there, retentionMs = actual!.retentionMs, cleanupPolicy = actual!.cleanupPolicy } = options
      this.update.run(partitions, retentionOf(retentionMs), cleanupPolicy!, topicId)
      this.insertPartitions(topicId, there, partitions)
    })
    this.known.delete(name)
  }

  /** @throws {SluiceError} `TOPIC_NOT_FOUND` */
  get(name: string): Topic {
    const known = this.known.get(name)
    if (known !== undefined) return known
    return this.store.read(`looking up topic '${name}'`, () => {
      const row = this.find.get(name)
      if (row === undefined) {
        const topics = this.names.all().map((topic) => topic['name'])
        throw new SluiceError('TOPIC_NOT_FOUND', `topic '${name}' is not in log ${this.store.path}`, {
          fix: topics.length === 0 ? 'Make it first: the log has no topics yet.' : `It has: ${topics.join(', ')}.`,
          details: { topic: name, topics },
        })
      }
      const topic = { topicId: row['topic_id'] as number, name, partitions: row['partitions'] as number }
      this.known.set(name, topic)
      return topic
    })
  }

  /** Of every partition, as of one moment. */
  offsets(topic: Topic): readonly PartitionOffsets[] {
    return this.store.read(`reading the offsets of topic '${topic.name}'`, () =>
      this.partitionOffsets.all(topic.topicId).map((row) => ({
        partition: row['partition'] as number,
        earliestOffset: row['earliest_offset'] as number,
        nextOffset: row['next_offset'] as number,
      })),
    )
  }

  describe(topics?: readonly string[]): readonly TopicDescription[] {
    const rows = this.store.read('describing topics', () => this.descriptions.all())
    const wanted = rows.filter((row) => topics === undefined || topics.includes(row['name'] as string))
    const byTopic = Map.groupBy(wanted, (row) => row['name'] as string)
    return Array.from(byTopic, ([topic, partitions]) => ({
      topic,
      retentionMs: (partitions[0]!['retention_ms'] as number | null) ?? undefined,
      cleanupPolicy: partitions[0]!['cleanup_policy'] as CleanupPolicy,
      partitions: partitions.map((row) => ({
        partition: row['partition'] as number,
        earliestOffset: BigInt(row['earliest_offset'] as number),
        latestOffset: BigInt(row['next_offset'] as number),
        sizeBytes: row['size_bytes'] as number,
      })),
    }))
  }

  private insertPartitions(topicId: number | bigint, from: number, to: number): void {
    for (let partition = from; partition < to; partition++) this.insertPartition.run(topicId, partition)
  }
}

/** As the table has it: none where records stay for ever. */
function retentionOf(retentionMs = Number.POSITIVE_INFINITY): number | null {
  return Number.isFinite(retentionMs) ? retentionMs : null
}

function requireValid(topic: string, { partitions = DEFAULT_PARTITIONS, retentionMs }: TopicOptions): void {
  const refuse = (what: string, fix: string) => {
    throw new SluiceError('TOPIC_INVALID', `topic '${topic}': ${what}`, { fix, details: { topic } })
  }
  if (!TOPIC_NAME.test(topic) || topic === '.' || topic === '..') {
    refuse('this is no name for a topic', 'Use 1 to 249 of: letters, digits, dot, underscore, hyphen.')
  }
  if (!Number.isInteger(partitions) || partitions < 1 || partitions > MAX_PARTITIONS) {
    refuse(`${partitions} partitions`, `Use a whole number from 1 to ${MAX_PARTITIONS}.`)
  }
  if (retentionMs !== undefined && !(retentionMs > 0)) {
    refuse(
      `a retention of ${retentionMs} ms`,
      'Use a number of milliseconds above 0, or none to keep records for ever.',
    )
  }
}
