/** A producer id with its sequence numbers: by them the broker tells a batch that was sent again from a new one. */
import type { ProducerIdentity, TopicPartition } from '../protocol/transactions.ts'

const SEQUENCES = 2 ** 31

export class ProducerSession {
  readonly identity: ProducerIdentity
  private readonly sequences = new Map<string, number>()

  constructor(identity: ProducerIdentity) {
    this.identity = identity
  }

  /** Of the next batch of the partition. */
  sequence(at: TopicPartition): number {
    return this.sequences.get(keyOf(at)) ?? 0
  }

  /** Once the broker has the batch. */
  advance(at: TopicPartition, records: number): void {
    this.sequences.set(keyOf(at), (this.sequence(at) + records) % SEQUENCES)
  }
}

function keyOf({ topic, partition }: TopicPartition): string {
  return `${partition} ${topic}`
}
