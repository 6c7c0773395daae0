/** What a complete checkpoint consists of: plain JSON, sealed, and published by the journal. */

import type { Committable } from '../../topology/contract/sink.ts'
import type { SplitState } from '../../topology/contract/source.ts'
import type { StateReference } from '../../topology/contract/stage.ts'
import { SluiceError } from '../../topology/errors.ts'
import type { Json } from '../../topology/json.ts'
import { seal, unseal } from './seal.ts'

export type CheckpointKind = 'checkpoint' | 'savepoint'

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
  /** By stage id: the greatest real watermark. */
  readonly watermarksMs: Readonly<Record<string, number | null>>
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
  const sealed = unseal('manifest', bytes, file)
  if (sha256 !== undefined && sealed.sha256 !== sha256) {
    throw new SluiceError('CHECKPOINT_CORRUPT', `${file} is not the manifest that the journal names`, {
      fix: 'It is not used. The checkpoint before it is, when there is one.',
      details: { file },
    })
  }
  const body = JSON.parse(Buffer.from(sealed.body).toString('utf8')) as Omit<Manifest, 'epoch' | 'checkpointId'> & {
    readonly epoch: string
    readonly checkpointId: string
  }
  return { ...body, epoch: BigInt(body.epoch), checkpointId: BigInt(body.checkpointId) }
}
