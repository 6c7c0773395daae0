/** The writer that is exactly once: what it takes waits in the outbox until its checkpoint is complete. */
import type { Committable, SinkWriter, WriterContext } from '../../../topology/contract/sink.ts'
import type { OutgoingRecord } from '../../../topology/contract/topic.ts'
import type { Batch } from '../../../topology/element.ts'
import type { Outbox } from './outbox.ts'
import type { RecordRouter } from './record-router.ts'
import { encodedSize, encodeSegment, type SegmentCommittable } from './segment.ts'

export interface SegmentWriterOptions {
  readonly router: RecordRouter
  readonly outbox: Outbox
  /** Of a segment: so much is held in memory twice, once as it fills and once on its way. */
  readonly segmentBytes: number
  /** A guess: another number costs the committer longer reads, and nothing else. */
  readonly shards: number
  readonly faultPoint: (name: string) => void
}

export class SegmentWriter implements SinkWriter<OutgoingRecord> {
  private readonly options: SegmentWriterOptions
  private readonly context: WriterContext
  private readonly order: readonly number[]
  private groups: OutgoingRecord[][]
  private bytes = 0
  private segments = 0
  /** Of this interval. */
  private spilled: { readonly committable: SegmentCommittable; readonly durable: Promise<void> }[] = []

  constructor(options: SegmentWriterOptions, context: WriterContext) {
    this.options = options
    this.context = context
    const { router, shards } = options
    // Those of a shard side by side.
    this.order = [...router.emptyGroups().keys()].sort((a, b) => (a % shards) - (b % shards) || a - b)
    this.groups = router.emptyGroups()
  }

  write(batch: Batch<OutgoingRecord>): void | Promise<void> {
    const { router, segmentBytes } = this.options
    router.route(batch.values, this.groups)
    for (const record of batch.values) this.bytes += encodedSize(record)
    if (this.bytes >= segmentBytes) return this.spill()
  }

  async prepareCommit(_checkpointId: bigint): Promise<readonly Committable[]> {
    if (this.bytes > 0) this.spill().catch(() => {}) // awaited below
    const { spilled } = this
    this.spilled = []
    const { metrics } = this.context
    const { topic } = this.options.router
    const durable = () => Promise.all(spilled.map(({ durable }) => durable))
    await metrics.timed('sink_prepare_duration_seconds', { topic }, durable)
    metrics.counter('sink_files_total', { topic }).add(spilled.length)
    this.options.faultPoint('kafka-sink.after-spill')
    return spilled.map(({ committable }) => committable as unknown as Committable)
  }

  /** What no checkpoint holds goes with what older attempts have left: see outbox.ts. */
  async close(): Promise<void> {
    await Promise.allSettled(this.spilled.map(({ durable }) => durable))
  }

  private spill(): Promise<void> {
    const { router, outbox } = this.options
    const { clock, epoch, subtask } = this.context
    const { bytes, sections } = encodeSegment(this.groups, this.order, clock.nowMs())
    this.groups = router.emptyGroups()
    this.bytes = 0
    const location = outbox.locationOf(epoch, subtask, this.segments++)
    const durable = outbox.write(location, bytes)
    durable.catch(() => {}) // awaited by the next barrier
    this.spilled.push({ committable: { format: 1, location, sections }, durable })
    return durable
  }
}
