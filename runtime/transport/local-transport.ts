/** Frames between parts of one process: the one-process runtime, and tests. */
import { SluiceError } from '../../topology/errors.ts'
import type { FrameConnection, Listener, Transport } from './transport.ts'

export class LocalTransport implements Transport {
  private readonly listeners = new Map<string, (connection: FrameConnection) => void>()
  private listenersMade = 0

  async listen(onConnection: (connection: FrameConnection) => void): Promise<Listener> {
    const address = `local:${++this.listenersMade}`
    this.listeners.set(address, onConnection)
    return {
      address,
      close: async () => {
        this.listeners.delete(address)
      },
    }
  }

  async connect(address: string): Promise<FrameConnection> {
    const onConnection = this.listeners.get(address)
    if (onConnection === undefined) {
      throw new SluiceError('CONNECT_FAILED', `nobody listens at ${address}`, {
        fix: 'Connect through the transport that listens, and before its listener is closed.',
        details: { address },
      })
    }
    const ours = new LocalConnection()
    const theirs = new LocalConnection()
    ours.peer = theirs
    theirs.peer = ours
    onConnection(theirs)
    return ours
  }
}

/** What arrives is handed on in a later turn of the event loop, as from a socket. */
class LocalConnection implements FrameConnection {
  peer!: LocalConnection
  private arrived: Uint8Array[] = []
  private frameListener: ((frame: Uint8Array) => void) | undefined
  private closeListener: ((error: undefined) => void) | undefined
  /** By this end. */
  private isClosed = false
  private isScheduled = false

  send(...parts: readonly Uint8Array[]): void {
    if (this.isClosed || this.peer.isClosed) return
    this.peer.arrived.push(parts.length === 1 ? parts[0]! : Buffer.concat(parts))
    this.peer.schedule()
  }

  onFrame(listener: (frame: Uint8Array) => void): void {
    this.frameListener = listener
    this.schedule()
  }

  onClose(listener: (error: Error | undefined) => void): void {
    this.closeListener = listener
    this.schedule()
  }

  close(): void {
    this.isClosed = true
    this.arrived = []
    this.schedule()
    this.peer.schedule()
  }

  private schedule(): void {
    if (this.isScheduled) return
    this.isScheduled = true
    setImmediate(() => {
      this.isScheduled = false
      this.deliver()
    })
  }

  private deliver(): void {
    const listener = this.frameListener
    if (listener !== undefined) {
      const frames = this.arrived
      this.arrived = []
      for (const frame of frames) if (!this.isClosed) listener(frame)
    }
    if (!(this.isClosed || this.peer.isClosed) || this.arrived.length > 0) return
    const closeListener = this.closeListener
    this.closeListener = undefined
    closeListener?.(undefined)
  }
}
