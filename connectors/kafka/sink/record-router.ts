/** Gives every record of a sink its partition, and refuses those that the topic would not take. */
import type { Clock } from '../../../topology/contract/clock.ts'
import type { OutgoingRecord } from '../../../topology/contract/topic.ts'
import { SluiceError } from '../../../topology/errors.ts'
import { BATCH_OVERHEAD_BYTES, fits, recordBytes } from '../../../topology/record-bytes.ts'
import { TopicPartitioner } from '../../../topology/topic-partitioner.ts'
import type { KnownTopic } from '../known-topic.ts'
import type { SinkName } from './marker.ts'

export class RecordRouter {
  private readonly sink: SinkName
  private readonly clock: Clock
  private readonly known: KnownTopic
  private readonly partitioner: TopicPartitioner

  constructor({ job, uid, clock }: SinkName & { readonly clock: Clock }, topic: KnownTopic) {
    this.sink = { job, uid }
    this.clock = clock
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
   * @throws {SluiceError} `RECORD_TOO_LARGE`, `RECORD_REFUSED` before any checkpoint can hold what no broker takes;
   * `PARTITION_NOT_FOUND`
   */
  route(records: readonly OutgoingRecord[], groups: OutgoingRecord[][]): void {
    const { maxMessageBytes, isCompacted, timestampAheadMaxMs } = this.known
    const latestMs = this.clock.nowMs() + timestampAheadMaxMs
    for (const record of records) {
      if (!fits(record, maxMessageBytes)) throw this.tooLarge(record)
      if (isCompacted && record.key === null) throw this.withoutKey()
      if (record.timestampMs !== undefined && record.timestampMs > latestMs) throw this.aheadOfTime(record)
    }
    this.partitioner.split(records).groups.forEach((added, partition) => {
      const group = groups[partition]!
      for (const record of added) group.push(record)
    })
  }

  private tooLarge(record: OutgoingRecord): SluiceError {
    const { maxMessageBytes } = this.known
    const sizeBytes = BATCH_OVERHEAD_BYTES + recordBytes(record)
    const what = `a record ${nameOf(record)} has ${sizeBytes} bytes, the topic takes ${maxMessageBytes}`
    return this.error('RECORD_TOO_LARGE', what, {
      fix: `Raise the topic's max.message.bytes, keep large values apart and publish a reference, ${SET_ASIDE}`,
      details: { key: keyOf(record), sizeBytes, maxBytes: maxMessageBytes },
    })
  }

  private withoutKey(): SluiceError {
    return this.error('RECORD_REFUSED', 'a record has no key, and the topic is compacted', {
      fix: `Give its records a key, change the topic's cleanup.policy, ${SET_ASIDE}`,
      details: { key: null },
    })
  }

  private aheadOfTime(record: OutgoingRecord): SluiceError {
    const { timestampMs } = record
    const { timestampAheadMaxMs } = this.known
    const what = `a record ${nameOf(record)} is of ${timestampMs}, and the topic takes none that is more than ${timestampAheadMaxMs} ms ahead of time`
    return this.error('RECORD_REFUSED', what, {
      fix: `Raise the topic's message.timestamp.after.max.ms, write records with the time of their append (timestamp: 'append'), ${SET_ASIDE}`,
      details: { key: keyOf(record), timestampMs, timestampAheadMaxMs },
    })
  }

  private error(
    code: string,
    what: string,
    { fix, details }: { readonly fix: string; readonly details: Readonly<Record<string, unknown>> },
  ): SluiceError {
    const { job, uid } = this.sink
    const { topic } = this
    return new SluiceError(code, `job '${job}', sink '${uid}', topic '${topic}': ${what}`, {
      fix,
      details: { job, uid, topic, ...details },
    })
  }
}

const SET_ASIDE = "or let the job set such records aside: read its source's `poisoned`."

function nameOf({ key }: OutgoingRecord): string {
  return key === null ? 'without a key' : `with key '${printable(key)}'`
}

function keyOf({ key }: OutgoingRecord): string | null {
  return key === null ? null : printable(key)
}

const MAX_KEY_BYTES = 100

/** Text as it is, other bytes as hexadecimal; cut where it is long. */
function printable(key: Uint8Array): string {
  const shown = Buffer.from(key.subarray(0, MAX_KEY_BYTES))
  const text = shown.toString()
  const isText = !/[\p{Cc}\ufffd]/u.test(text)
  return `${isText ? text : shown.toString('hex')}${key.length > MAX_KEY_BYTES ? '…' : ''}`
}
