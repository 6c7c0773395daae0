/** The sink of a topic on the fake, as jobs open it. */
import { KafkaSink, type KafkaSinkOptions, type KafkaSinkSettings } from '../../../../connectors/kafka/sink/sink.ts'
import { memoryFiles } from '../../../../connectors/memory/memory-files.ts'
import type { MetricScope } from '../../../../topology/contract/observability.ts'
import type {
  CommitRequest,
  Committable,
  CommitterContext,
  Sink,
  SinkCommitter,
  SinkWriter,
  WriterContext,
} from '../../../../topology/contract/sink.ts'
import type { OutgoingRecord } from '../../../../topology/contract/topic.ts'
import { Batch } from '../../../../topology/element.ts'
import { FakeKafka } from '../../../support/fake-kafka.ts'
import { ManualClock } from '../../../support/manual-clock.ts'
import { type RecordedLog, recordingLogger, silentMetrics } from '../../../support/silent.ts'

export const TOPIC = 'out'
export const MARKERS = 'markers'

export const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
export const text = (value: Uint8Array | null): string => new TextDecoder().decode(value ?? undefined)

/** `k1=v`: with a key; anything else without one. */
export function record(spec: string): OutgoingRecord {
  const at = spec.indexOf('=')
  return { key: at < 0 ? null : bytes(spec.slice(0, at)), value: bytes(spec) }
}

export interface TestSinkOptions extends Partial<KafkaSinkOptions> {
  readonly partitions?: number
  readonly set?: Partial<KafkaSinkSettings>
  readonly config?: Readonly<Record<string, string>>
  readonly metrics?: MetricScope
}

/** A cluster with the topic, and an outbox, that several attempts share. */
export function testCluster({
  partitions = 4,
  set = {},
  config = {},
  metrics = silentMetrics,
  ...rest
}: TestSinkOptions = {}) {
  const clock = new ManualClock(Date.UTC(2026, 0, 1))
  const kafka = new FakeKafka({ clock })
  kafka.createTopic(TOPIC, partitions, config)
  const files = memoryFiles()
  const lines: RecordedLog[] = []
  const logger = recordingLogger(lines)
  let clients = 0
  const settings: KafkaSinkSettings = {
    bootstrapServers: ['fake:9092'],
    delivery: 'exactly-once',
    sinkShards: 3,
    transactionTimeoutMs: 60_000,
    markerTopic: MARKERS,
    compression: 'none',
    ...set,
  }
  const open = (options: Partial<KafkaSinkOptions> = {}): Sink =>
    new KafkaSink({
      driver: kafka.driver(`client-${clients++}`),
      settings,
      topic: TOPIC,
      ensureTopic: async () => {},
      files,
      outbox: 'memory:///outbox',
      random: () => 0,
      faultPoint: () => {},
      ...rest,
      ...options,
    })
  const context = (epoch: bigint, subtask = 0): WriterContext & CommitterContext => ({
    job: 'job',
    uid: 'sink(out)',
    subtask,
    epoch,
    clock,
    logger,
    metrics,
  })
  return {
    clock,
    kafka,
    files,
    lines,
    settings,
    open,
    context,
    segments: () => [...files.contents.keys()].filter((location) => location.endsWith('.segment')),
    values: () => kafka.consume(TOPIC).map(({ value }) => text(value)),
    /** An attempt that has fenced. */
    async begin(epoch: bigint, restored?: CommitRequest, options?: Partial<KafkaSinkOptions>): Promise<TestAttempt> {
      const sink = open(options)
      const committer = await sink.createCommitter(context(epoch))
      await committer.fence({ epoch, restored: restored && { ...restored, epoch }, allowRewind: false })
      const writer = await sink.createWriter(context(epoch))
      return { sink, committer, writer, prepare: (id, ...specs) => prepare(writer, epoch, id, specs) }
    },
  }
}

export interface TestAttempt {
  readonly sink: Sink
  readonly committer: SinkCommitter
  readonly writer: SinkWriter<OutgoingRecord>
  /** Writes as a subtask does, and gives what the checkpoint's manifest holds. */
  prepare(checkpointId: bigint, ...specs: string[]): Promise<CommitRequest>
}

async function prepare(
  writer: SinkWriter<OutgoingRecord>,
  epoch: bigint,
  checkpointId: bigint,
  specs: readonly string[],
): Promise<CommitRequest> {
  await writer.write(new Batch(specs.map(record)))
  return request(epoch, checkpointId, await writer.prepareCommit(checkpointId))
}

export function request(epoch: bigint, checkpointId: bigint, committables: readonly Committable[]): CommitRequest {
  const held: readonly Committable[] = JSON.parse(JSON.stringify(committables))
  return { epoch, checkpointEpoch: epoch, checkpointId, watermarkMs: undefined, committables: held }
}
