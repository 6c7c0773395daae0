/** The credit that a host has for what it sends: bytes, given back as the stage takes things in. */
import { protocolError } from './protocol-error.ts'

/** As in the exchange between workers: one frame may go beyond the credit, and none follows before some is given back. */
export class CreditWindow {
  private available: number
  private takenBytes = 0
  /** Credit goes back in lots, so that it costs a frame for several batches. */
  private readonly lotBytes: number
  private readonly grant: (bytes: number) => void

  constructor(bytes: number, grant: (bytes: number) => void) {
    this.available = bytes
    this.lotBytes = bytes / 4
    this.grant = grant
  }

  /** A frame has arrived that takes credit. @throws {SluiceError} `STAGE_PROTOCOL` when there was none */
  spend(bytes: number): void {
    if (this.available <= 0) throw protocolError('it sent a batch or a chunk without credit')
    this.available -= bytes
  }

  /** So many of them are out of the way. */
  taken(bytes: number): void {
    this.takenBytes += bytes
    if (this.takenBytes < this.lotBytes) return
    this.available += this.takenBytes
    this.grant(this.takenBytes)
    this.takenBytes = 0
  }
}
