/** A connection over a stream socket. */
import type { Socket } from 'node:net'
import { SluiceError } from '../../topology/errors.ts'
import { FrameAssembler, frameTooLarge, GOODBYE, PREFIX_BYTES } from './frame-assembler.ts'
import type { FrameConnection } from './transport.ts'

/** Frames are sent while it is open. Once the peer has ended, those that had arrived are still handed on. */
type State = 'open' | 'ended by the peer' | 'closed' | 'broken'

export class SocketConnection implements FrameConnection {
  private readonly socket: Socket
  private readonly address: string
  private readonly maxFrameBytes: number
  private readonly assembler: FrameAssembler
  /** Frames that nobody listens for yet. The socket is not read while there are any. */
  private waiting: Uint8Array[] = []
  private frameListener: ((frame: Uint8Array) => void) | undefined
  private closeListener: ((error: Error | undefined) => void) | undefined
  private state: State = 'open'
  private isSocketClosed = false
  private failure: Error | undefined

  /** @param address names the connection in errors */
  constructor(socket: Socket, address: string, maxFrameBytes: number) {
    this.socket = socket
    this.address = address
    this.maxFrameBytes = maxFrameBytes
    this.assembler = new FrameAssembler(maxFrameBytes)
    socket.on('data', (chunk: Buffer) => this.onData(chunk))
    socket.on('end', () => this.fail(this.lost('its other end is gone')))
    socket.on('error', (error) => this.fail(this.lost(error.message, error)))
    socket.on('close', () => {
      this.isSocketClosed = true
      this.tellClosed()
    })
  }

  send(...parts: readonly Uint8Array[]): void {
    if (this.state !== 'open') return
    let length = 0
    for (const part of parts) length += part.length
    if (length > this.maxFrameBytes) {
      this.fail(frameTooLarge(length, this.maxFrameBytes))
      return
    }
    // Together, and now: whoever sends may go on for a while before the event loop turns.
    this.socket.cork()
    this.writePrefix(length)
    for (const part of parts) this.socket.write(part)
    this.socket.uncork()
  }

  onFrame(listener: (frame: Uint8Array) => void): void {
    this.frameListener = listener
    if (this.waiting.length === 0) return
    queueMicrotask(() => {
      const frames = this.waiting
      this.waiting = []
      for (const frame of frames) this.take(frame)
      this.socket.resume()
      this.tellClosed()
    })
  }

  onClose(listener: (error: Error | undefined) => void): void {
    this.closeListener = listener
    queueMicrotask(() => this.tellClosed())
  }

  close(): void {
    if (this.state !== 'open') return
    this.state = 'closed'
    this.waiting = []
    this.writePrefix(GOODBYE)
    this.socket.end()
    // What the peer still sends is read and dropped: were it left unread, the kernel would reset the connection, and the
    // peer lose what it has not read yet.
    this.socket.resume()
    // Should the peer never end its side, this process must be able to.
    this.socket.unref()
  }

  private writePrefix(length: number): void {
    const prefix = Buffer.allocUnsafe(PREFIX_BYTES)
    prefix.writeUInt32LE(length)
    this.socket.write(prefix)
  }

  private onData(chunk: Buffer): void {
    if (this.state !== 'open') return
    let frames: Uint8Array[]
    try {
      frames = this.assembler.push(chunk)
    } catch (error) {
      this.fail(error as Error)
      return
    }
    for (const frame of frames) this.take(frame)
    if (this.state === 'open' && this.assembler.isDone) {
      this.state = 'ended by the peer'
      this.socket.end()
    }
  }

  private take(frame: Uint8Array): void {
    if (this.state === 'closed' || this.state === 'broken') return
    if (this.frameListener !== undefined) this.frameListener(frame)
    else {
      this.waiting.push(frame)
      this.socket.pause()
    }
  }

  private fail(error: Error): void {
    if (this.state !== 'open') return
    this.state = 'broken'
    this.failure = error
    this.waiting = []
    this.socket.destroy()
  }

  private tellClosed(): void {
    if (!this.isSocketClosed || this.waiting.length > 0) return
    const listener = this.closeListener
    this.closeListener = undefined
    listener?.(this.failure)
  }

  private lost(what: string, cause?: unknown): SluiceError {
    return new SluiceError('CONNECTION_LOST', `the connection at ${this.address} broke: ${what}`, {
      cause,
      fix: 'See what became of the process at its other end: it ended without closing, or the network lost it.',
      details: { address: this.address },
    })
  }
}
