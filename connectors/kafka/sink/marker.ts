/**
 * What a sink has put into its topic, said in the same transaction as the output: a record on the marker topic, whose last
 * one per key is all that counts.
 *
 * Key: the shard's transactional id. Value, JSON, version 1:
 *
 *     { "version": 1, "job", "sink", "shard", "shards", "epoch", "committed": null
 *         | { "checkpoint", "epoch", "chunk", "records", "last" } }
 */
import { SluiceError } from '../../../topology/errors.ts'

export interface SinkName {
  readonly job: string
  readonly uid: string
}

/** One transaction that had output of a checkpoint, and with it all of them before. */
export interface CommittedChunk {
  readonly checkpointId: bigint
  /** Of the attempt that took the checkpoint. */
  readonly checkpointEpoch: bigint
  /** Counts the transactions of a checkpoint, from 0. */
  readonly chunk: number
  /** Of the checkpoint and this shard, counted from its first: so many are in the topic. */
  readonly records: number
  /** They are all there are. */
  readonly last: boolean
}

export interface Marker {
  readonly shard: number
  /** How many the sink has; fixed by the first marker of shard 0. */
  readonly shards: number
  /** The newest attempt that has been here. */
  readonly epoch: bigint
  /** Undefined: none yet. */
  readonly committed: CommittedChunk | undefined
}

/** Whether it was written behind the other, of the same shard: neither epochs nor what is committed ever go back. */
export function isLater({ epoch, committed }: Marker, than: Marker): boolean {
  if (epoch !== than.epoch) return epoch > than.epoch
  if (committed === undefined) return false
  if (than.committed === undefined) return true
  const { checkpointId, chunk } = than.committed
  return committed.checkpointId === checkpointId ? committed.chunk > chunk : committed.checkpointId > checkpointId
}

const VERSION = 1

/** `job/sink/shard`, with what else has a slash escaped: fixed for ever, since older attempts are shut out by it. */
export function transactionalIdOf({ job, uid }: SinkName, shard: number): string {
  return `${encodeURIComponent(job)}/${encodeURIComponent(uid)}/${shard}`
}

export function encodeMarker({ job, uid }: SinkName, { shard, shards, epoch, committed }: Marker): Uint8Array {
  const value = {
    version: VERSION,
    job,
    sink: uid,
    shard,
    shards,
    epoch: String(epoch),
    committed:
      committed === undefined
        ? null
        : {
            checkpoint: String(committed.checkpointId),
            epoch: String(committed.checkpointEpoch),
            chunk: committed.chunk,
            records: committed.records,
            last: committed.last,
          },
  }
  return Buffer.from(JSON.stringify(value))
}

/** @throws {SluiceError} `MARKER_VERSION` when a newer Sluice wrote it */
export function decodeMarker(value: Uint8Array, place: string): Marker {
  const { version, shard, shards, epoch, committed } = JSON.parse(new TextDecoder().decode(value))
  if (version !== VERSION) {
    throw new SluiceError('MARKER_VERSION', `${place} has format version ${version}, this Sluice reads ${VERSION}`, {
      fix: 'Run the version of Sluice that wrote it, or a later one.',
      details: { place, version },
    })
  }
  return {
    shard,
    shards,
    epoch: BigInt(epoch),
    committed:
      committed === null
        ? undefined
        : {
            checkpointId: BigInt(committed.checkpoint),
            checkpointEpoch: BigInt(committed.epoch),
            chunk: committed.chunk,
            records: committed.records,
            last: committed.last,
          },
  }
}
