/** The files of a job's checkpoints: state chunks and manifests. Which of them count is the journal's to say. */
import type { FileIO } from '../../topology/contract/file-io.ts'
import type { StateChunk, StateReference } from '../../topology/contract/stage.ts'
import { decodeManifest, type Manifest } from './manifest.ts'
import { readState, writeState } from './state-file.ts'

export interface CheckpointFiles {
  /** Makes a chunk durable. The epoch is that of the attempt that takes the checkpoint. */
  store(epoch: bigint, chunk: StateChunk): Promise<StateReference>
  /** @throws {SluiceError} `CHECKPOINT_CORRUPT`, `CHECKPOINT_VERSION`, `FILE_NOT_FOUND` */
  load(reference: StateReference): Promise<StateChunk>
  /** @throws {SluiceError} `CHECKPOINT_CORRUPT`, `CHECKPOINT_VERSION`, `FILE_NOT_FOUND` */
  manifest(location: string, sha256?: string): Promise<Manifest>
}

/** @param root URI of the job's directory, without a slash at the end. */
export function checkpointFiles(files: Pick<FileIO, 'create' | 'read'>, root: string): CheckpointFiles {
  return {
    store: (epoch, chunk) => writeState(files, root, epoch, chunk),
    load: (reference) => readState(files, root, reference),
    manifest: async (location, sha256) => decodeManifest(await files.read(location), location, sha256),
  }
}
