/** Which partition a record goes to. */
import type { OutgoingRecord } from './contract/topic.ts'
import { SluiceError } from './errors.ts'
import { partitionOfKey } from './murmur2.ts'

/** Records without a key stay together in runs of this length: fewer, larger batches. */
const STICKY_RUN = 512

/**
 * By the record's own partition, else by its key, else sticky: unkeyed records go to one partition until the call ends
 * or the run is full, then to the next.
 */
export class TopicPartitioner {
  private readonly partitions: number
  private readonly topic: string
  private next = 0

  constructor(topic: { readonly name: string; readonly partitions: number }) {
    this.topic = topic.name
    this.partitions = topic.partitions
  }

  /** The records by partition, each in the order given, and the partition of each record. */
  split(records: readonly OutgoingRecord[]): { groups: OutgoingRecord[][]; partitions: Int32Array } {
    const groups: OutgoingRecord[][] = Array.from({ length: this.partitions }, () => [])
    const partitions = new Int32Array(records.length)
    let unkeyed = 0
    for (let i = 0; i < records.length; i++) {
      const record = records[i]!
      let partition: number
      if (record.partition !== undefined) partition = this.requireKnown(record.partition)
      else if (record.key !== null) partition = partitionOfKey(record.key, this.partitions)
      else partition = (this.next + Math.floor(unkeyed++ / STICKY_RUN)) % this.partitions
      groups[partition]!.push(record)
      partitions[i] = partition
    }
    this.next = (this.next + Math.ceil(unkeyed / STICKY_RUN)) % this.partitions
    return { groups, partitions }
  }

  private requireKnown(partition: number): number {
    if (Number.isInteger(partition) && partition >= 0 && partition < this.partitions) return partition
    throw new SluiceError('PARTITION_NOT_FOUND', `topic '${this.topic}' has no partition ${partition}`, {
      fix: `Use 0 to ${this.partitions - 1}, or leave the choice to the key.`,
      details: { topic: this.topic, partition, partitions: this.partitions },
    })
  }
}
