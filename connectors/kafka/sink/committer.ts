/** Puts the segments of complete checkpoints into the topic, exactly once: see shard.ts for why. */
import type { Random } from '../../../topology/contract/clock.ts'
import type { CommitRequest, CommitterContext, FenceRequest, SinkCommitter } from '../../../topology/contract/sink.ts'
import { SluiceError } from '../../../topology/errors.ts'
import type { KafkaDriver } from '../driver/driver.ts'
import type { CommittedChunk } from './marker.ts'
import { ensureMarkerTopic } from './marker-topic.ts'
import { Markers } from './markers.ts'
import type { Outbox } from './outbox.ts'
import type { SegmentCommittable } from './segment.ts'
import { Shard, type ShardOptions } from './shard.ts'
import type { KafkaSinkSettings } from './sink.ts'

export interface CommitterOptions {
  readonly context: CommitterContext
  readonly topic: string
  readonly driver: KafkaDriver
  readonly settings: KafkaSinkSettings
  readonly outbox: Outbox
  /** Of what is sent at a time. */
  readonly roundBytes: number
  /** Of a transaction, so that it ends in time. */
  readonly transactionBytes: number
  readonly random: Random
  readonly faultPoint: (name: string) => void
}

/** What a topic holds has been read by others: a restore from an older checkpoint is refused, whatever is allowed. */
export class KafkaSinkCommitter implements SinkCommitter {
  private readonly options: CommitterOptions
  private readonly closing = new AbortController()
  private readonly markers: Markers
  private readonly shardOptions: ShardOptions
  private shards: readonly Shard[] = []
  private hasOlderSegments = true

  constructor(options: CommitterOptions) {
    this.options = options
    const { driver, settings, context } = options
    this.markers = new Markers({ driver, topic: settings.markerTopic, context, signal: this.closing.signal })
    const refuseReplaced = (epoch: bigint) => this.refuseReplaced(epoch)
    this.shardOptions = { ...options, markers: this.markers, refuseReplaced }
  }

  async fence(request: FenceRequest): Promise<void> {
    const { driver, settings, faultPoint } = this.options
    const { epoch, restored } = request
    // At least once: nothing is staged, so nothing is owed and nobody has to be kept from committing it.
    if (settings.delivery === 'at-least-once' && !restored?.committables.length) return
    await ensureMarkerTopic(await driver.admin(), settings.markerTopic)
    const check = () => {
      this.refuseReplaced(epoch)
      this.refuseRewind(restored)
    }
    // All at once, before anything is read: what a crash has left open of them would hold the read up.
    await this.open(settings.sinkShards)
    faultPoint('kafka-sink.after-init')
    this.refuseForgotten(restored)
    check()
    // The first decides how many there are; its transactional id sees to it that they are decided upon once.
    const shards = () => this.markers.of(0)?.shards ?? settings.sinkShards
    await this.shards[0]!.fence(epoch, shards, check)
    await this.open(shards())
    await settled(this.shards.slice(1).map((shard) => shard.fence(epoch, shards, check)))
    faultPoint('kafka-sink.after-fence')
    if (restored !== undefined) await this.apply(restored)
  }

  async commit(request: CommitRequest): Promise<void> {
    const { context, topic } = this.options
    await context.metrics.timed('commit_duration_seconds', { topic }, () => this.apply(request))
    if (request.committables.length === 0 || !this.hasOlderSegments) return
    await this.options.outbox.removeOlderThan(request.checkpointEpoch)
    this.hasOlderSegments = false
  }

  async close(): Promise<void> {
    this.closing.abort()
    await Promise.all(this.shards.map((shard) => shard.close()))
  }

  /** So many shards, each with its transactional id; no more and no fewer. */
  private async open(count: number): Promise<void> {
    const opened = this.shards.slice(0, count)
    const excess = this.shards.slice(count)
    const missing = Array.from(
      { length: count - opened.length },
      (_, i) => new Shard(this.shardOptions, opened.length + i),
    )
    this.shards = [...opened, ...missing]
    await Promise.all(excess.map((shard) => shard.close()))
    if (missing.length === 0) return
    try {
      await settled(missing.map((shard) => shard.open()))
      await this.markers.read()
    } catch (error) {
      // One that has its id and has not looked must not write.
      await Promise.all(missing.map((shard) => shard.close()))
      throw error
    }
  }

  private async apply(request: CommitRequest): Promise<void> {
    const segments = request.committables as unknown as readonly SegmentCommittable[]
    const { context, topic } = this.options
    const pending = context.metrics.gauge('pending_committables', { topic })
    pending.set(segments.length)
    await settled(this.shards.map((shard) => shard.commit(request, this.shards.length)))
    this.options.faultPoint('kafka-sink.before-removal')
    await this.options.outbox.remove(segments.map(({ location }) => location))
    pending.set(0)
  }

  /** Whoever took a checkpoint with output had fenced before, and left markers. Without them it might be written twice. */
  private refuseForgotten(restored: CommitRequest | undefined): void {
    if (!restored?.committables.length || this.markers.of(0) !== undefined) return
    const { markerTopic } = this.options.settings
    const what = `checkpoint ${restored.checkpointId} has output, and topic '${markerTopic}' does not say whether it is there`
    throw this.error('MARKERS_MISSING', what, {
      fix: 'Name the topic of markers that the job had (KAFKA_MARKER_TOPIC), on the cluster that it ran on; where it was deleted, give the job another name and another topic.',
      details: { markerTopic, checkpointId: String(restored.checkpointId) },
    })
  }

  private refuseReplaced(epoch: bigint): void {
    for (const marker of this.markers.all()) {
      if (marker.epoch <= epoch) continue
      throw this.error('FENCED', `epoch ${epoch} is over, epoch ${marker.epoch} has taken its place`, {
        fix: 'Nothing needs doing where a newer attempt of the job goes on. Where none does, this is not the checkpoint store that the job had: bring that one back, or give the job another name.',
        details: { epoch: String(epoch), newerEpoch: String(marker.epoch) },
      })
    }
  }

  private refuseRewind(restored: CommitRequest | undefined): void {
    for (const { committed } of this.markers.all()) {
      if (committed === undefined || isCovered(committed, restored)) continue
      const start = restored === undefined ? 'a start without a checkpoint' : `checkpoint ${restored.checkpointId}`
      const what = `the topic holds output of checkpoint ${committed.checkpointId}, and ${start} would write it again`
      throw this.error('REWIND_REFUSED', what, {
        fix: `Restore checkpoint ${committed.checkpointId} or a later one. A topic can't take records back, so allowing a rewind does not help; to run again from the start, give the job another name and another topic.`,
        details: {
          committedCheckpointId: String(committed.checkpointId),
          checkpointId: restored === undefined ? null : String(restored.checkpointId),
        },
      })
    }
  }

  private error(
    code: string,
    what: string,
    { fix, details }: { readonly fix: string; readonly details: Readonly<Record<string, unknown>> },
  ): SluiceError {
    const { topic, context } = this.options
    const { job, uid } = context
    return new SluiceError(code, `job '${job}', sink '${uid}', topic '${topic}': ${what}`, {
      fix,
      details: { job, uid, topic, ...details },
    })
  }
}

/** Whether a job that goes on from `restored` has this output behind it. A checkpoint of two attempts is not one. */
function isCovered(
  { checkpointId, checkpointEpoch, last }: CommittedChunk,
  restored: CommitRequest | undefined,
): boolean {
  if (restored === undefined || restored.checkpointId < checkpointId) return false
  if (restored.checkpointId === checkpointId) return restored.checkpointEpoch === checkpointEpoch
  return last
}

/** Waits for all, then throws the first error: nothing goes on behind a failure's back. */
async function settled(work: readonly Promise<void>[]): Promise<void> {
  for (const outcome of await Promise.allSettled(work)) if (outcome.status === 'rejected') throw outcome.reason
}
