/** Connections within a process: frames arrive in a microtask of their own, in order. */
import { SluiceError } from '../../topology/errors.ts'
import type { FrameConnection, Listener, Transport } from './transport.ts'

export function localTransport(): Transport {
  const listeners = new Map<string, (connection: FrameConnection) => void>()
  let next = 1
  return {
    async listen(onConnection): Promise<Listener> {
      const address = `local:${next++}`
      listeners.set(address, onConnection)
      return {
        address,
        async close() {
          listeners.delete(address)
        },
      }
    },
    async connect(address) {
      const accept = listeners.get(address)
      if (accept === undefined) throw new SluiceError('CONNECT_FAILED', `nobody listens at ${address}`)
      const [near, far] = [new End(), new End()]
      near.peer = far
      far.peer = near
      accept(far)
      return near
    },
  }
}

class End implements FrameConnection {
  peer!: End
  private frames: Uint8Array[] = []
  private frameListener: ((frame: Uint8Array) => void) | undefined
  private closeListener: ((error: Error | undefined) => void) | undefined
  private closed = false
  private ended = false
  private scheduled = false

  send(...parts: readonly Uint8Array[]): void {
    if (this.closed) return
    this.peer.arrive(parts.length === 1 ? parts[0]!.slice() : new Uint8Array(Buffer.concat(parts)))
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
    if (this.closed) return
    this.closed = true
    this.frames = []
    this.schedule()
    this.peer.end()
  }

  private arrive(frame: Uint8Array): void {
    if (this.closed) return
    this.frames.push(frame)
    this.schedule()
  }

  private end(): void {
    this.ended = true
    this.schedule()
  }

  private schedule(): void {
    if (this.scheduled) return
    this.scheduled = true
    queueMicrotask(() => {
      this.scheduled = false
      while (this.frameListener !== undefined && !this.closed && this.frames.length > 0) {
        this.frameListener(this.frames.shift()!)
      }
      if (this.ended && this.frames.length === 0) this.closed = true
      if (this.closed && this.closeListener !== undefined) {
        const tell = this.closeListener
        this.closeListener = undefined
        tell(undefined)
      }
    })
  }
}
