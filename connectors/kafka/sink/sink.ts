/**
 * A topic of Kafka as a two-phase sink of {@link OutgoingRecord}s.
 *
 * Exactly once: a writer's output waits in the outbox, and goes into the topic once its checkpoint is complete, in
 * transactions that also say so on the marker topic. It is seen one checkpoint interval after it was written, by readers of
 * committed records. At least once: it is seen at once, and again after a failure.
 */
import type { Random } from '../../../topology/contract/clock.ts'
import type { FileIO } from '../../../topology/contract/file-io.ts'
import type {
  CommitterContext,
  Sink,
  SinkCommitter,
  SinkWriter,
  WriterContext,
} from '../../../topology/contract/sink.ts'
import type { OutgoingRecord } from '../../../topology/contract/topic.ts'
import type { KafkaDriver } from '../driver/driver.ts'
import { type KnownTopic, knownTopic } from '../known-topic.ts'
import { batchLimitOf } from '../requests.ts'
import type { KafkaSettings } from '../settings.ts'
import { KafkaSinkCommitter } from './committer.ts'
import { DirectWriter } from './direct-writer.ts'
import { Outbox } from './outbox.ts'
import { RecordRouter } from './record-router.ts'
import { SegmentWriter } from './segment-writer.ts'

export type KafkaSinkSettings = Pick<
  KafkaSettings,
  'bootstrapServers' | 'delivery' | 'sinkShards' | 'transactionTimeoutMs' | 'markerTopic' | 'compression'
>

export interface KafkaSinkOptions {
  readonly driver: KafkaDriver
  readonly settings: KafkaSinkSettings
  readonly topic: string
  /** Called before the topic is looked at: makes it where it is declared. */
  readonly ensureTopic: () => Promise<void>
  /** Where every worker and the coordinator find the outbox. */
  readonly files: FileIO
  /** URI of the outbox, without a slash at its end. */
  readonly outbox: string
  readonly random: Random
  /** Called at places where a crash would split a step in two. */
  readonly faultPoint: (name: string) => void
  /** What a writer holds before it spills, bytes. @default 8 MiB */
  readonly segmentBytes?: number
  /** What a transaction holds at most, bytes. @default 64 MiB */
  readonly transactionBytes?: number
}

export class KafkaSink implements Sink {
  private readonly options: KafkaSinkOptions

  constructor(options: KafkaSinkOptions) {
    this.options = options
  }

  async createWriter(context: WriterContext): Promise<SinkWriter<OutgoingRecord>> {
    const { driver, settings, files, outbox, faultPoint, segmentBytes = 8 << 20 } = this.options
    const topic = await this.topic()
    const router = new RecordRouter(context, topic)
    if (settings.delivery === 'at-least-once') {
      const producer = await driver.producer({ compression: settings.compression })
      return new DirectWriter({ topic, producer, router, metrics: context.metrics, bufferBytes: segmentBytes })
    }
    return new SegmentWriter(
      { router, outbox: new Outbox(files, outbox, context), segmentBytes, shards: settings.sinkShards, faultPoint },
      context,
    )
  }

  async createCommitter(context: CommitterContext): Promise<SinkCommitter> {
    const { driver, settings, files, outbox, random, faultPoint, transactionBytes = 64 << 20 } = this.options
    const topic = await this.topic()
    return new KafkaSinkCommitter({
      context,
      topic: topic.name,
      driver,
      settings,
      outbox: new Outbox(files, outbox, context),
      roundBytes: batchLimitOf(topic),
      transactionBytes,
      random,
      faultPoint,
    })
  }

  /** The driver stays open: it belongs to whoever opened it. */
  async close(): Promise<void> {}

  private async topic(): Promise<KnownTopic> {
    const { driver, settings, topic, ensureTopic } = this.options
    await ensureTopic()
    return knownTopic(await driver.admin(), topic, settings.bootstrapServers)
  }
}
