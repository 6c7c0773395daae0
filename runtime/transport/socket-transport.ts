/** Frames over Unix sockets, or over TCP when told. Who may connect is not judged here. */
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdirSync, statSync } from 'node:fs'
import { createConnection, createServer } from 'node:net'
import { join } from 'node:path'
import { SluiceError } from '../../topology/errors.ts'
import { MAX_FRAME_BYTES } from './limits.ts'
import { parseSocketAddress, type SocketAddress, tcpAddress } from './socket-address.ts'
import { SocketConnection } from './socket-connection.ts'
import type { FrameConnection, Listener, Transport } from './transport.ts'

export interface SocketTransportOptions {
  /**
   * Where `listen` listens: `unix:/directory`, made with mode 0700 when it is not there, for a socket per listener; or
   * `tcp:host:port`, port 0 for a free one.
   */
  readonly listenAt: string
  /** Whoever announces a longer frame is cut off. @default 256 MiB */
  readonly maxFrameBytes?: number
}

export class SocketTransport implements Transport {
  private readonly listenAt: string
  private readonly maxFrameBytes: number

  constructor({ listenAt, maxFrameBytes = MAX_FRAME_BYTES }: SocketTransportOptions) {
    this.listenAt = listenAt
    this.maxFrameBytes = maxFrameBytes
  }

  /** @throws {SluiceError} `LISTEN_FAILED` naming the address */
  async listen(onConnection: (connection: FrameConnection) => void): Promise<Listener> {
    const at = parseSocketAddress(this.listenAt)
    const server = createServer({ noDelay: true })
    try {
      server.listen(at.type === 'tcp' ? at : { path: socketPath(at.path) })
      await once(server, 'listening')
    } catch (cause) {
      throw listenFailed(this.listenAt, at, cause as Error)
    }
    const bound = server.address()!
    const address = typeof bound === 'string' ? `unix:${bound}` : tcpAddress(bound.address, bound.port)
    server.on('connection', (socket) => onConnection(new SocketConnection(socket, address, this.maxFrameBytes)))
    return {
      address,
      async close() {
        // Not waited for: a server counts as closed when its last connection is.
        server.close()
      },
    }
  }

  async connect(address: string): Promise<FrameConnection> {
    const at = parseSocketAddress(address)
    const socket = createConnection({ ...at, noDelay: true })
    try {
      await once(socket, 'connect')
    } catch (cause) {
      throw new SluiceError('CONNECT_FAILED', `nobody answers at ${address}: ${(cause as Error).message}`, {
        cause,
        fix: 'See whether the process that listens there is running, and is reached from here.',
        details: { address },
      })
    }
    return new SocketConnection(socket, address, this.maxFrameBytes)
  }
}

/** A path of its own in a directory that nobody else can enter. */
function socketPath(directory: string): string {
  mkdirSync(directory, { recursive: true, mode: 0o700 })
  const mode = statSync(directory).mode & 0o777
  if ((mode & 0o077) !== 0) throw new Error(`others may enter the directory: its mode is ${mode.toString(8)}`)
  return join(directory, `${randomBytes(6).toString('hex')}.sock`)
}

function listenFailed(listenAt: string, at: SocketAddress, cause: Error): SluiceError {
  return new SluiceError('LISTEN_FAILED', `cannot listen at ${listenAt}: ${cause.message}`, {
    cause,
    fix:
      at.type === 'tcp'
        ? 'Take an address of this machine and a free port; 0 finds one.'
        : 'Take a directory of your own with mode 0700, whose path has no more than 80 bytes.',
    details: { address: listenAt },
  })
}
