/**
 * State files: one chunk of one operator's state each, named after its content. An unchanged chunk is therefore not
 * written again within an epoch, which is what makes checkpoints incremental.
 *
 * Body: the chunk with its description (see ../state/described-chunk.ts).
 */
import type { FileIO } from '../../topology/contract/file-io.ts'
import type { StateChunk, StateReference } from '../../topology/contract/stage.ts'
import { describedChunk, splitDescribed } from '../state/described-chunk.ts'
import { seal, unseal } from './seal.ts'

/** Makes the chunk durable under `<root>/state/`. */
export async function writeState(
  files: Pick<FileIO, 'create'>,
  root: string,
  epoch: bigint,
  chunk: StateChunk,
): Promise<StateReference> {
  const { bytes: payload, ...description } = chunk
  const body = Buffer.concat(describedChunk(description, payload))
  const { bytes, sha256 } = seal('state', body)
  // The epoch in the name: an older attempt that still cleans up can't hit what a newer one has written.
  const file = `state/${epoch}-${sha256}.state`
  await files.create(`${root}/${file}`, bytes)
  return { ...description, file, sizeBytes: bytes.length, sha256 }
}

/** @throws {SluiceError} `CHECKPOINT_CORRUPT`, `CHECKPOINT_VERSION`, `FILE_NOT_FOUND` */
export async function readState(
  files: Pick<FileIO, 'read'>,
  root: string,
  reference: StateReference,
): Promise<StateChunk> {
  const { file, sizeBytes: _sizeBytes, sha256, ...description } = reference
  const { body } = unseal('state', await files.read(`${root}/${file}`), file, sha256)
  return { ...description, bytes: splitDescribed(body).bytes }
}
