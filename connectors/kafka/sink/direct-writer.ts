/** The writer that is at least once: what it takes is on its way at once, and acknowledged before the barrier is. */
import type { MetricScope } from '../../../topology/contract/observability.ts'
import type { Committable, SinkWriter } from '../../../topology/contract/sink.ts'
import type { OutgoingRecord } from '../../../topology/contract/topic.ts'
import type { Batch } from '../../../topology/element.ts'
import { recordBytes } from '../../../topology/record-bytes.ts'
import type { KafkaProducer } from '../driver/driver.ts'
import type { KnownTopic } from '../known-topic.ts'
import { requestsOf } from '../requests.ts'
import { countSent } from './count-sent.ts'
import type { RecordRouter } from './record-router.ts'

export interface DirectWriterOptions {
  readonly topic: KnownTopic
  readonly producer: KafkaProducer
  readonly router: RecordRouter
  readonly metrics: MetricScope
  /** Of what waits while others are on their way. */
  readonly bufferBytes: number
}

/** One request is under way at a time; what comes meanwhile goes with the next. A failed one ends the attempt. */
export class DirectWriter implements SinkWriter<OutgoingRecord> {
  private readonly options: DirectWriterOptions
  private waiting: OutgoingRecord[][]
  private waitingBytes = 0
  /** What waits has its turn behind what is on its way. */
  private isQueued = false
  private sent: Promise<void> = Promise.resolve()

  constructor(options: DirectWriterOptions) {
    this.options = options
    this.waiting = options.router.emptyGroups()
  }

  write(batch: Batch<OutgoingRecord>): void | Promise<void> {
    this.options.router.route(batch.values, this.waiting)
    for (const record of batch.values) this.waitingBytes += recordBytes(record)
    const sent = this.send()
    if (this.waitingBytes >= this.options.bufferBytes) return sent
  }

  async prepareCommit(_checkpointId: bigint): Promise<readonly Committable[]> {
    await this.send()
    return []
  }

  async close(): Promise<void> {
    await this.options.producer.close()
  }

  /** Resolves once all that waits now has been acknowledged. */
  private send(): Promise<void> {
    if (!this.isQueued) {
      this.isQueued = true
      this.sent = this.sent.then(() => this.sendWaiting())
      this.sent.catch(() => {}) // thrown to whoever is full, or by the next barrier
    }
    return this.sent
  }

  private async sendWaiting(): Promise<void> {
    const { topic, producer, router, metrics } = this.options
    const { waiting: groups, waitingBytes: bytes } = this
    this.waiting = router.emptyGroups()
    this.waitingBytes = 0
    this.isQueued = false
    for (const parts of requestsOf(topic, groups)) await producer.send(parts, 'all')
    countSent(metrics, topic.name, { records: groups.reduce((sum, { length }) => sum + length, 0), bytes })
  }
}
