/** The fetcher's part of the port on librdkafka's consumer, assigned by hand; it fetches, retries and follows leaders itself. */
import kafka, {
  type EofEvent,
  type KafkaConsumer,
  type LibrdKafkaError,
  type Message,
} from '@confluentinc/kafka-javascript'
import type { Logger } from '../../../../topology/contract/observability.ts'
import { OffsetOutOfRange } from '../../errors.ts'
import type { KafkaSettings } from '../../settings.ts'
import { FetchBuffer, type Ticket } from '../client/fetch-buffer.ts'
import type { FetcherOptions, KafkaFetcher, PartitionProgress, RecordSet } from '../driver.ts'
import { connectClient, disconnectClient } from './connect.ts'
import { messageChunk } from './message-chunk.ts'
import { rdKafkaConfig } from './rdkafka-config.ts'
import { rdKafkaError } from './rdkafka-error.ts'

const MIB = 1024 * 1024
const DEFAULTS = { bufferBytes: 32 * MIB, partitionBytes: MIB, maxWaitMs: 500 }
/** Per call into the native part: as many as are ready, without waiting for more than the first. */
const MESSAGES = 4_096
const FIRST_MESSAGE_MS = 50
const NO_OFFSET = -140

export class ConfluentFetcher implements KafkaFetcher {
  private readonly consumer: KafkaConsumer
  private readonly settings: KafkaSettings
  private readonly logger: Logger
  private readonly options: FetcherOptions & typeof DEFAULTS
  private readonly buffer: FetchBuffer
  /** What librdkafka has been told to read. */
  private reading = new Map<number, Ticket>()
  private ends: EofEvent[] = []
  private isRunning = false
  private isClosed = false
  private running: Promise<void> = Promise.resolve()

  private constructor(settings: KafkaSettings, logger: Logger, options: FetcherOptions) {
    this.settings = settings
    this.logger = logger
    this.options = { ...DEFAULTS, ...options }
    this.buffer = new FetchBuffer(this.options, () => this.start())
    this.consumer = new kafka.KafkaConsumer(
      {
        ...rdKafkaConfig(settings),
        // Asked for by librdkafka; nothing is committed, nobody joins.
        'group.id': `${settings.clientId}-reader`,
        'enable.auto.commit': false,
        'enable.partition.eof': true,
        'isolation.level': options.isolation,
        'fetch.wait.max.ms': this.options.maxWaitMs,
        'max.partition.fetch.bytes': this.options.partitionBytes,
        'queued.max.messages.kbytes': Math.ceil(this.options.bufferBytes / 1024),
        'fetch.message.max.bytes': this.options.partitionBytes,
        'check.crcs': true,
      } as ConstructorParameters<typeof kafka.KafkaConsumer>[0],
      { 'auto.offset.reset': 'error' },
    )
    this.consumer.setDefaultConsumeTimeout(FIRST_MESSAGE_MS)
    ;(
      this.consumer as unknown as { setDefaultIsTimeoutOnlyForFirstMessage?(value: boolean): void }
    ).setDefaultIsTimeoutOnlyForFirstMessage?.(true)
    this.consumer.on('partition.eof', (end) => this.ends.push(end))
  }

  static async create(
    settings: KafkaSettings,
    logger: Logger,
    options: FetcherOptions,
    requireTopic: (topic: string) => Promise<unknown>,
  ): Promise<ConfluentFetcher> {
    await requireTopic(options.topic)
    const fetcher = new ConfluentFetcher(settings, logger, options)
    await connectClient(fetcher.consumer, settings)
    return fetcher
  }

  assign(partitions: ReadonlyMap<number, number>): void {
    this.buffer.assign(partitions)
  }

  seek(partition: number, offset: number): void {
    this.buffer.seek(partition, offset)
  }

  pause(partitions: readonly number[]): void {
    this.buffer.pause(partitions)
  }

  resume(partitions: readonly number[]): void {
    this.buffer.resume(partitions)
  }

  take(): RecordSet | undefined {
    return this.buffer.take()
  }

  wait(timeoutMs: number, signal: AbortSignal): Promise<void> {
    return this.buffer.wait(timeoutMs, signal)
  }

  progress(partition: number): PartitionProgress | undefined {
    return this.buffer.progress(partition)
  }

  async close(): Promise<void> {
    if (this.isClosed) return
    this.isClosed = true
    this.buffer.wake()
    await this.running
    await disconnectClient(this.consumer)
  }

  private start(): void {
    if (this.isRunning || this.isClosed) return
    this.isRunning = true
    this.running = this.run()
  }

  private async run(): Promise<void> {
    while (!this.isClosed) {
      const wanted = this.buffer.wanted()
      if (wanted.length === 0 || this.buffer.room(wanted) === 0) break
      this.read(wanted)
      try {
        this.accept(await this.consume())
      } catch (error) {
        await this.failed(error as LibrdKafkaError)
      }
    }
    this.isRunning = false
  }

  /** Where another place is wanted than librdkafka has got to, it begins there anew. */
  private read(wanted: readonly Ticket[]): void {
    const isSame =
      wanted.length === this.reading.size && wanted.every((ticket) => this.reading.get(ticket.partition) === ticket)
    if (isSame) return
    const { topic } = this.options
    this.reading = new Map(wanted.map((ticket) => [ticket.partition, ticket]))
    this.consumer.assign(wanted.map(({ partition, offset }) => ({ topic, partition, offset })))
  }

  private consume(): Promise<readonly Message[]> {
    return new Promise((resolve, reject) => {
      this.consumer.consume(MESSAGES, (error, messages) => (error ? reject(error) : resolve(messages)))
    })
  }

  private accept(messages: readonly Message[]): void {
    const ends = new Map(this.ends.map((end) => [end.partition, end.offset]))
    this.ends = []
    const byPartition = Map.groupBy(messages, ({ partition }) => partition)
    for (const partition of new Set([...byPartition.keys(), ...ends.keys()])) {
      const ticket = this.reading.get(partition)
      if (ticket === undefined) continue
      const ofPartition = byPartition.get(partition) ?? []
      const behindLast = (ofPartition.at(-1)?.offset ?? ticket.offset - 1) + 1
      const nextOffset = Math.max(behindLast, ends.get(partition) ?? 0)
      this.buffer.accept(ticket, this.progressOf(partition), messageChunk(partition, ofPartition, nextOffset))
      const moved = this.buffer.wanted().find((wanted) => wanted.partition === partition)
      if (moved !== undefined && moved.offset === nextOffset) this.reading.set(partition, moved)
    }
  }

  private progressOf(partition: number): PartitionProgress {
    const { lowOffset, highOffset } = this.consumer.getWatermarkOffsets(this.options.topic, partition)
    return { highWatermark: highOffset, lastStableOffset: highOffset, logStartOffset: Math.max(0, lowOffset) }
  }

  private async failed(error: LibrdKafkaError): Promise<void> {
    const { topic } = this.options
    if (error.code === NO_OFFSET) return await this.findOutOfRange()
    const failure = rdKafkaError(error, { doing: 'a fetch', topic }, this.settings)
    if (failure.code === 'KAFKA_UNREACHABLE' || failure.code === 'KAFKA_UNAVAILABLE') {
      const fields = { event: 'kafka_fetch_interrupted', topic, code: failure.code }
      this.logger.warn(fields, `reading of topic '${topic}' is interrupted and tried again: ${failure.message}`)
      return
    }
    for (const ticket of this.buffer.wanted()) this.buffer.fail(ticket, failure)
  }

  /** librdkafka does not say which partition it was. */
  private async findOutOfRange(): Promise<void> {
    const { topic } = this.options
    for (const ticket of this.buffer.wanted()) {
      const { partition, offset } = ticket
      const { lowOffset, highOffset } = await this.watermarks(partition)
      if (offset >= lowOffset && offset <= highOffset) continue
      const at = { partition, offset, logStartOffset: lowOffset, highWatermark: highOffset }
      this.buffer.fail(ticket, new OffsetOutOfRange(topic, at))
    }
  }

  private watermarks(partition: number): Promise<{ lowOffset: number; highOffset: number }> {
    return new Promise((resolve, reject) => {
      const { requestTimeoutMs } = this.settings
      this.consumer.queryWatermarkOffsets(this.options.topic, partition, requestTimeoutMs, (error, offsets) =>
        error ? reject(error) : resolve(offsets),
      )
    })
  }
}
