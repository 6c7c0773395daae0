/**
 * Sockets for kafkajs that read into one buffer and hand on whole frames: `size:i32`, then so many bytes.
 *
 * A socket's own way makes a buffer of 64 KiB for each read, which kafkajs then puts together: twice the memory that the
 * records need, and memory outside of the heap is what brings the garbage collector.
 */
import { connect, isIP, type Socket } from 'node:net'
import { connect as connectTls, type ConnectionOptions as TlsOptions } from 'node:tls'

const READ_BYTES = 256 * 1024
const SIZE_BYTES = 4
const KEEP_ALIVE_MS = 60_000
/** What a fetch asks for and one large record are far below it; what other protocols begin with is mostly above. */
const LARGEST_FRAME_BYTES = 256 * 1024 * 1024

export interface SocketOptions {
  readonly host: string
  readonly port: number
  readonly ssl: object | null
  onConnect(): void
}

/**
 * As kafkajs calls its socket factory.
 *
 * @param onFrame after a frame has been handed on
 */
export function createFrameSocket({ host, port, ssl, onConnect }: SocketOptions, onFrame: () => void): Socket {
  const assembler = new FrameAssembler((frame) => {
    socket.emit('data', frame)
    onFrame()
  })
  const onread = {
    buffer: Buffer.allocUnsafeSlow(READ_BYTES),
    callback(length: number, bytes: Uint8Array) {
      try {
        assembler.append(bytes as Buffer, length)
        return true
      } catch (error) {
        socket.destroy(error as Error)
        return false
      }
    },
  }
  const socket: Socket =
    ssl === null
      ? connect({ host, port, onread }, onConnect)
      : connectTls(
          { host, port, onread, ...(isIP(host) === 0 && { servername: host }), ...ssl } as TlsOptions,
          onConnect,
        )
  socket.setKeepAlive(true, KEEP_ALIVE_MS)
  return socket
}

export class FrameAssembler {
  private readonly emit: (frame: Buffer) => void
  private readonly size = Buffer.alloc(SIZE_BYTES)
  private sizeBytes = 0
  /** The frame that is on its way, its size included. */
  private frame: Buffer | undefined
  private filled = 0

  /** @param emit is given each frame, its size included, in memory of its own */
  constructor(emit: (frame: Buffer) => void) {
    this.emit = emit
  }

  /** Copies the first `length` of `bytes`. */
  append(bytes: Buffer, length: number): void {
    for (let at = 0; at < length; ) {
      if (this.frame === undefined) at += this.readSize(bytes, at, length)
      else at += this.fill(this.frame, bytes, at, length)
    }
  }

  private readSize(bytes: Buffer, at: number, end: number): number {
    const copied = bytes.copy(this.size, this.sizeBytes, at, end)
    this.sizeBytes += copied
    if (this.sizeBytes === SIZE_BYTES) {
      const size = this.size.readInt32BE()
      if (size < 0 || size > LARGEST_FRAME_BYTES) {
        throw new Error('what answers there does not speak the protocol of Kafka, or wants TLS')
      }
      this.frame = Buffer.allocUnsafe(SIZE_BYTES + size)
      this.filled = this.size.copy(this.frame)
    }
    return copied
  }

  private fill(frame: Buffer, bytes: Buffer, at: number, end: number): number {
    const copied = bytes.copy(frame, this.filled, at, end)
    this.filled += copied
    if (this.filled === frame.length) {
      this.frame = undefined
      this.sizeBytes = 0
      this.emit(frame)
    }
    return copied
  }
}
