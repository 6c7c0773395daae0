/** Checkpoints in memory, in the bytes that they have on disk. */
import { type CheckpointFiles, checkpointFiles } from '../checkpoint/checkpoint-files.ts'
import { encodeManifest, type Manifest } from '../checkpoint/manifest.ts'

const ROOT = 'memory:///checkpoints'

/** What a test has kept of a job: to be restored from, also by another job or at another parallelism. */
export interface TestCheckpoint {
  /** Counts from 1. */
  readonly id: bigint
  readonly files: CheckpointFiles
  /** Read from its bytes. */
  readonly manifest: Manifest
  /** How many elements had left each output. */
  readonly outputs: ReadonlyMap<string, number>
  /** How much of what sources were given it has got past. */
  readonly given: number
  /** By uid of what assigns event time: how far `advanceWatermark` has brought it. */
  readonly advancedMs: ReadonlyMap<string, number>
}

export class MemoryCheckpoints {
  readonly files: CheckpointFiles
  private readonly contents = new Map<string, Uint8Array>()

  constructor() {
    const { contents } = this
    this.files = checkpointFiles(
      {
        async read(location) {
          return contents.get(location)!
        },
        async create(location, bytes) {
          if (contents.has(location)) return false
          contents.set(location, bytes.slice())
          return true
        },
      },
      ROOT,
    )
  }

  /** @returns the manifest as it comes back from its bytes */
  async publish(manifest: Manifest): Promise<Manifest> {
    const location = `${ROOT}/${manifest.checkpointId}`
    const { bytes, sha256 } = encodeManifest(manifest)
    this.contents.set(location, bytes)
    return this.files.manifest(location, sha256)
  }
}
