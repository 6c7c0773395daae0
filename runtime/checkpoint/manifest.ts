/** What a complete checkpoint consists of: plain JSON, sealed, and published by the journal. */

import type { Committable } from '../../topology/contract/sink.ts'
import type { SplitState } from '../../topology/contract/source.ts'
import type { StateReference } from '../../topology/contract/stage.ts'
import type { Json } from '../../topology/json.ts'
import { seal, unseal } from './seal.ts'

export type CheckpointKind = 'checkpoint' | 'savepoint'

/** What a subtask knew of time: no subtask that takes over some of its key groups may fall back behind it. */
export interface SubtaskWatermark {
  /** Both inclusive. */
  readonly firstKeyGroup: number
  readonly lastKeyGroup: number
  readonly watermarkMs: number
}

export interface Manifest {
  readonly job: string
  readonly kind: CheckpointKind
  /** The attempt that took it. */
  readonly epoch: bigint
  readonly checkpointId: bigint
  readonly createdAtMs: number
  readonly planFingerprint: string
  readonly keyGroups: number
  /** Uids of all operators that keep state, sources and sinks included: what a restore is matched by. */
  readonly uids: readonly string[]
  /** By source uid. */
  readonly sources: Readonly<Record<string, readonly SplitState[]>>
  readonly keyed: readonly StateReference[]
  /** By `uid/name`. */
  readonly split: Readonly<Record<string, Readonly<Record<string, Json>>>>
  /** By uid of every node that has one, whatever stage it was in: the greatest real watermark of each of its subtasks. */
  readonly watermarks: Readonly<Record<string, readonly SubtaskWatermark[]>>
  /** By sink uid: what a committer has to apply now that the checkpoint is complete. */
  readonly sinks: Readonly<
    Record<string, { readonly committables: readonly Committable[]; readonly watermarkMs: number | null }>
  >
}

export function encodeManifest(manifest: Manifest): { readonly bytes: Uint8Array; readonly sha256: string } {
  const body = JSON.stringify({
    ...manifest,
    epoch: String(manifest.epoch),
    checkpointId: String(manifest.checkpointId),
  })
  return seal('manifest', Buffer.from(body))
}

/** @throws {SluiceError} `CHECKPOINT_CORRUPT`, `CHECKPOINT_VERSION` */
export function decodeManifest(bytes: Uint8Array, file: string, sha256?: string): Manifest {
  const sealed = unseal('manifest', bytes, file, sha256)
  const body = JSON.parse(Buffer.from(sealed.body).toString('utf8')) as ManifestBody
  const { watermarksMs, watermarks = wholeRange(watermarksMs ?? {}, body.keyGroups), ...rest } = body
  return { ...rest, watermarks, epoch: BigInt(body.epoch), checkpointId: BigInt(body.checkpointId) }
}

type ManifestBody = Omit<Manifest, 'epoch' | 'checkpointId' | 'watermarks'> & {
  readonly epoch: string
  readonly checkpointId: string
  readonly watermarks?: Manifest['watermarks']
  /** Format 1: by stage, which is named after one of its nodes, and there was one subtask. */
  readonly watermarksMs?: Readonly<Record<string, number | null>>
}

function wholeRange(watermarksMs: Readonly<Record<string, number | null>>, keyGroups: number): Manifest['watermarks'] {
  return Object.fromEntries(
    Object.entries(watermarksMs).map(([uid, watermarkMs]) => [
      uid,
      watermarkMs === null ? [] : [{ firstKeyGroup: 0, lastKeyGroup: keyGroups - 1, watermarkMs }],
    ]),
  )
}
