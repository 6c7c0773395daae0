/** Sends the chunks of a snapshot to the host, as it has room for them. */
import type { StateChunk, StateReference } from '../../topology/contract/stage.ts'
import { SluiceError } from '../../topology/errors.ts'
import { bytesOf, frameOf } from '../exchange/data-frames.ts'
import { describedChunk } from '../state/described-chunk.ts'
import type { FrameConnection } from '../transport/transport.ts'
import { sha256Of } from './host-frames.ts'
import { StageKind } from './stage-frames.ts'

interface Sent {
  readonly checkpointId: bigint
  readonly chunk: number
  readonly stored: PromiseWithResolvers<void>
}

/** A chunk counts as stored when the host says so, and a state backend waits for that before it hands out the next one. */
export class SnapshotSender {
  private readonly connection: FrameConnection
  private checkpointId = -1n
  private chunks = 0
  private waiting: Sent[] = []

  constructor(connection: FrameConnection) {
    this.connection = connection
  }

  /** Resolves once the host has stored it. @throws {SluiceError} `SNAPSHOT_ABORTED` */
  async store({ bytes, ...description }: StateChunk, checkpointId: bigint): Promise<StateReference> {
    if (checkpointId < this.checkpointId) throw aborted(checkpointId)
    if (checkpointId > this.checkpointId) {
      this.abort(this.checkpointId)
      this.checkpointId = checkpointId
      this.chunks = 0
    }
    const chunk = this.chunks++
    const sha256 = sha256Of(bytes)
    const described = { checkpointId: String(checkpointId), chunk, ...description, sha256 }
    const sent: Sent = { checkpointId, chunk, stored: Promise.withResolvers() }
    this.waiting.push(sent)
    this.connection.send(bytesOf(frameOf(StageKind.chunk, 0, 0)), ...describedChunk(described, bytes))
    await sent.stored.promise
    return { ...description, file: sha256, sizeBytes: bytes.length, sha256 }
  }

  /** The host has it. What is said of a snapshot that is over is nobody's concern. */
  stored(checkpointId: bigint, chunk: number): void {
    const index = this.waiting.findIndex((sent) => sent.checkpointId === checkpointId && sent.chunk === chunk)
    if (index >= 0) this.waiting.splice(index, 1)[0]!.stored.resolve()
  }

  /** Waits no longer for chunks of this checkpoint, and of those before it. */
  abort(checkpointId: bigint): void {
    const over = this.waiting.filter((sent) => sent.checkpointId <= checkpointId)
    this.waiting = this.waiting.filter((sent) => sent.checkpointId > checkpointId)
    for (const { stored, checkpointId: id } of over) stored.reject(aborted(id))
  }

  close(): void {
    const over = this.waiting
    this.waiting = []
    for (const { stored, checkpointId } of over) stored.reject(aborted(checkpointId))
  }
}

function aborted(checkpointId: bigint): SluiceError {
  return new SluiceError('SNAPSHOT_ABORTED', `the snapshot of checkpoint ${checkpointId} was given up`)
}
