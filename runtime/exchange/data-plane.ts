/**
 * The connections between workers over which batches travel: one for each pair of workers and direction, with all their
 * channels on it.
 */
import { SluiceError } from '../../topology/errors.ts'
import { isToken } from '../protocol/token.ts'
import type { FrameConnection, Listener, Transport } from '../transport/transport.ts'
import { Channel, type ChannelWriter } from './channel.ts'
import {
  channelOf,
  type DataHello,
  decodeElement,
  encodeCredit,
  encodeHello,
  FRAME_HEADER_BYTES,
  FrameKind,
} from './data-frames.ts'
import { RemoteWriter } from './remote-writer.ts'

export interface DataPlaneOptions {
  readonly transport: Transport
  /** This worker's name. */
  readonly worker: string
  /** What workers of one coordinator know, and nobody else. */
  readonly token: string
}

/** The channels of one attempt in this worker. */
export interface DataSession {
  /** The far end of a channel from another worker; its frames may come from now on. */
  receive(channel: number, capacityBytes: number): Channel
  /** Connects to a worker that has called `receive` for all its channels. @throws {SluiceError} `CONNECT_FAILED` */
  connect(worker: string, address: string): Promise<{ writer(channel: number, capacityBytes: number): ChannelWriter }>
  close(): void
}

/** Listens for other workers, and holds what the attempt that runs here has opened. */
export class DataPlane {
  private readonly options: DataPlaneOptions
  private session: Session | undefined
  private listener: Listener | undefined

  constructor(options: DataPlaneOptions) {
    this.options = options
  }

  /** Where other workers connect to. */
  async listen(): Promise<string> {
    this.listener = await this.options.transport.listen((connection) => this.accept(connection))
    return this.listener.address
  }

  /** Begins an attempt's exchange, and ends the one before it. `onLost`: a connection broke, and with it the attempt. */
  open(epoch: bigint, onLost: (error: SluiceError) => void): DataSession {
    this.session?.close()
    this.session = new Session(this.options, String(epoch), onLost)
    return this.session
  }

  async close(): Promise<void> {
    this.session?.close()
    await this.listener?.close()
  }

  /** Nobody is listened to before a hello that knows the token and means this attempt of this worker. */
  private accept(connection: FrameConnection): void {
    let greeted: Session | undefined
    connection.onFrame((frame) => {
      if (greeted !== undefined) greeted.received(connection, frame)
      else {
        greeted = this.greet(frame)
        if (greeted === undefined) connection.close()
        else greeted.adopt(connection)
      }
    })
  }

  private greet(frame: Uint8Array): Session | undefined {
    const { worker, token } = this.options
    const { session } = this
    try {
      if (frame[0] !== FrameKind.hello) return undefined
      const hello = JSON.parse(Buffer.from(frame.subarray(FRAME_HEADER_BYTES)).toString()) as DataHello
      return isToken(hello.token, token) && hello.to === worker && hello.epoch === session?.epoch ? session : undefined
    } catch {
      return undefined
    }
  }
}

class Session implements DataSession {
  readonly epoch: string
  private readonly options: DataPlaneOptions
  private readonly onLost: (error: SluiceError) => void
  private readonly inbound = new Map<number, Inbound>()
  private readonly connections = new Set<FrameConnection>()
  private closed = false

  constructor(options: DataPlaneOptions, epoch: string, onLost: (error: SluiceError) => void) {
    this.options = options
    this.epoch = epoch
    this.onLost = onLost
  }

  receive(channel: number, capacityBytes: number): Channel {
    const inbound = new Inbound(channel, capacityBytes)
    this.inbound.set(channel, inbound)
    return inbound.channel
  }

  async connect(worker: string, address: string) {
    const connection = await this.options.transport.connect(address)
    const { worker: own, token } = this.options
    connection.send(encodeHello({ worker: own, to: worker, epoch: this.epoch, token }))
    const writers = new Map<number, RemoteWriter>()
    connection.onFrame((frame) => {
      if (frame[0] !== FrameKind.credit) return this.lost(worker, new Error('it sent what only a sender sends'))
      writers
        .get(channelOf(frame))
        ?.grant(new DataView(frame.buffer, frame.byteOffset).getUint32(FRAME_HEADER_BYTES, true))
    })
    this.watch(connection, worker)
    return {
      writer: (channel: number, capacityBytes: number) => {
        const writer = new RemoteWriter(connection, channel, capacityBytes)
        writers.set(channel, writer)
        return writer
      },
    }
  }

  /** A connection whose other end has greeted. */
  adopt(connection: FrameConnection): void {
    this.watch(connection, 'another worker')
  }

  received(connection: FrameConnection, frame: Uint8Array): void {
    if (this.closed) return
    try {
      const inbound = this.inbound.get(channelOf(frame))
      if (inbound === undefined) throw new SluiceError('FRAME_CORRUPT', `a frame for channel ${channelOf(frame)}`)
      inbound.receive(connection, frame)
    } catch (error) {
      this.lost('another worker', error as Error)
    }
  }

  close(): void {
    this.closed = true
    for (const connection of this.connections) connection.close()
    this.connections.clear()
  }

  private watch(connection: FrameConnection, worker: string): void {
    this.connections.add(connection)
    connection.onClose((error) => {
      this.connections.delete(connection)
      this.lost(worker, error)
    })
  }

  private lost(worker: string, cause: Error | undefined): void {
    if (this.closed) return
    this.close()
    const why = cause === undefined ? 'it was closed' : cause.message
    this.onLost(
      new SluiceError('PEER_LOST', `${this.options.worker} lost the connection to ${worker}: ${why}`, {
        cause,
        fix: 'The job goes on from its last checkpoint. If it happens again, look into the logs of both workers.',
        details: { worker: this.options.worker, peer: worker },
      }),
    )
  }
}

/** The reading end of a channel, and the credit it gives back. */
class Inbound {
  readonly channel: Channel
  private readonly id: number
  /** Credit goes back in lots, so that it costs a frame for several batches. */
  private readonly lotBytes: number
  private takenBytes = 0
  private connection: FrameConnection | undefined

  constructor(id: number, capacityBytes: number) {
    this.id = id
    this.lotBytes = capacityBytes / 4
    this.channel = new Channel({ capacityBytes, onTaken: (bytes) => this.taken(bytes) })
  }

  receive(connection: FrameConnection, frame: Uint8Array): void {
    this.connection = connection
    const kind = frame[0]!
    this.channel.send(decodeElement(kind, frame), kind === FrameKind.batch ? frame.byteLength : 0)
  }

  private taken(bytes: number): void {
    this.takenBytes += bytes
    if (this.takenBytes < this.lotBytes) return
    this.connection?.send(encodeCredit(this.id, this.takenBytes))
    this.takenBytes = 0
  }
}
