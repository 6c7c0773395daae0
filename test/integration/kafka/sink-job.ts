/** A job with one sink, as its coordinator and one writer see it: numbers go into a topic, a few per checkpoint. */
import type { KafkaDriver } from '../../../connectors/kafka/driver/driver.ts'
import type { KafkaSettings } from '../../../connectors/kafka/settings.ts'
import { KafkaSink } from '../../../connectors/kafka/sink/sink.ts'
import { memoryFiles } from '../../../connectors/memory/memory-files.ts'
import { systemClock } from '../../../runtime/time/system-clock.ts'
import type { CommitRequest, SinkCommitter, SinkWriter } from '../../../topology/contract/sink.ts'
import type { OutgoingRecord } from '../../../topology/contract/topic.ts'
import { Batch } from '../../../topology/element.ts'
import { type RecordedLog, recordingLogger, silentMetrics } from '../../support/silent.ts'

export interface SinkJobOptions {
  readonly name: string
  readonly topic: string
  readonly settings: KafkaSettings
}

/** What outlives its attempts: the store, and the outbox. */
export class SinkJob {
  readonly lines: RecordedLog[] = []
  readonly files = memoryFiles()
  written = 0
  private readonly options: SinkJobOptions
  private epoch = 0n
  private checkpointId = 0n
  private restored: CommitRequest | undefined
  private restoredAt = 0

  constructor(options: SinkJobOptions) {
    this.options = options
  }

  sink(driver: KafkaDriver, faultPoint: (name: string) => void = () => {}): KafkaSink {
    const { settings, topic } = this.options
    return new KafkaSink({
      driver,
      settings,
      topic,
      ensureTopic: async () => {},
      files: this.files,
      outbox: 'memory:///outbox',
      random: Math.random,
      faultPoint,
      segmentBytes: 2_000,
      transactionBytes: 10_000,
    })
  }

  /** A new attempt, fenced. */
  async begin(driver: KafkaDriver, faultPoint?: (name: string) => void): Promise<SinkJobAttempt> {
    const epoch = ++this.epoch
    const sink = this.sink(driver, faultPoint)
    const logger = recordingLogger(this.lines)
    const { name: job } = this.options
    const context = { job, uid: 'sink(out)', subtask: 0, epoch, clock: systemClock, logger, metrics: silentMetrics }
    const committer = await sink.createCommitter(context)
    const { restored } = this
    await committer.fence({ epoch, restored: restored && { ...restored, epoch }, allowRewind: false })
    this.written = this.restoredAt
    return new SinkJobAttempt(this, epoch, await sink.createWriter(context), committer)
  }

  /** A checkpoint is complete: the next attempt goes on from it. */
  complete(epoch: bigint, committables: CommitRequest['committables']): CommitRequest {
    const checkpointId = ++this.checkpointId
    this.restored = { epoch, checkpointEpoch: epoch, checkpointId, watermarkMs: undefined, committables }
    this.restoredAt = this.written
    return this.restored
  }
}

export class SinkJobAttempt {
  readonly committer: SinkCommitter
  private readonly job: SinkJob
  private readonly epoch: bigint
  private readonly writer: SinkWriter<OutgoingRecord>

  constructor(job: SinkJob, epoch: bigint, writer: SinkWriter<OutgoingRecord>, committer: SinkCommitter) {
    this.job = job
    this.epoch = epoch
    this.writer = writer
    this.committer = committer
  }

  /** Writes the next `count` numbers, each with itself as key. */
  async write(count: number): Promise<void> {
    const { job } = this
    for (const end = job.written + count; job.written < end; job.written++) {
      const text = Buffer.from(String(job.written))
      await this.writer.write(new Batch([{ key: text, value: text, headers: [{ key: 'n', value: text }] }]))
    }
  }

  /** The checkpoint is complete when this resolves, and not committed. */
  async checkpoint(): Promise<CommitRequest> {
    const committables = await this.writer.prepareCommit(0n)
    return this.job.complete(this.epoch, JSON.parse(JSON.stringify(committables)))
  }
}
