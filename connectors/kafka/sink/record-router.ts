/** Gives every record of a sink its partition, and refuses those that the topic would not take. */
import type { OutgoingRecord } from '../../../topology/contract/topic.ts'
import { SluiceError } from '../../../topology/errors.ts'
import { BATCH_OVERHEAD_BYTES, fits, recordBytes } from '../../../topology/record-bytes.ts'
import { TopicPartitioner } from '../../../topology/topic-partitioner.ts'
import type { KnownTopic } from '../known-topic.ts'
import type { SinkName } from './marker.ts'

export class RecordRouter {
  private readonly sink: SinkName
  private readonly known: KnownTopic
  private readonly partitioner: TopicPartitioner

  constructor({ job, uid }: SinkName, topic: KnownTopic) {
    this.sink = { job, uid }
    this.known = topic
    this.partitioner = new TopicPartitioner(topic)
  }

  get topic(): string {
    return this.known.name
  }

  /** One group for each partition. */
  emptyGroups(): OutgoingRecord[][] {
    return Array.from({ length: this.known.partitions }, () => [])
  }

  /**
   * Puts records behind those of the same partition, all of them or none.
   *
   * @throws {SluiceError} `RECORD_TOO_LARGE` before any checkpoint can hold what no broker takes; `PARTITION_NOT_FOUND`
   */
  route(records: readonly OutgoingRecord[], groups: OutgoingRecord[][]): void {
    for (const record of records) if (!fits(record, this.known.maxMessageBytes)) throw this.tooLarge(record)
    this.partitioner.split(records).groups.forEach((added, partition) => {
      const group = groups[partition]!
      for (const record of added) group.push(record)
    })
  }

  private tooLarge(record: OutgoingRecord): SluiceError {
    const { sink, known } = this
    const { name, maxMessageBytes } = known
    const sizeBytes = BATCH_OVERHEAD_BYTES + recordBytes(record)
    const key = record.key === null ? 'without a key' : `with key '${printable(record.key)}'`
    return new SluiceError(
      'RECORD_TOO_LARGE',
      `job '${sink.job}', sink '${sink.uid}', topic '${name}': a record ${key} has ${sizeBytes} bytes, the topic takes ${maxMessageBytes}`,
      {
        fix: "Raise the topic's max.message.bytes, keep large values apart and publish a reference, or let the job set such records aside: read its source's `poisoned`.",
        details: {
          job: sink.job,
          uid: sink.uid,
          topic: name,
          key: record.key === null ? null : printable(record.key),
          sizeBytes,
          maxBytes: maxMessageBytes,
        },
      },
    )
  }
}

const MAX_KEY_BYTES = 100

/** Text as it is, other bytes as hexadecimal; cut where it is long. */
function printable(key: Uint8Array): string {
  const shown = Buffer.from(key.subarray(0, MAX_KEY_BYTES))
  const text = shown.toString()
  const isText = !/[\p{Cc}\ufffd]/u.test(text)
  return `${isText ? text : shown.toString('hex')}${key.length > MAX_KEY_BYTES ? '…' : ''}`
}
