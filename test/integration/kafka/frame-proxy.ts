/**
 * A line between clients and a broker that knows Kafka's frames, so that a test can cut it at the request it means.
 *
 * Both ways, a frame is an int32 length and so many bytes: a request begins with int16 api key, int16 version and int32
 * correlation id, a response with the correlation id.
 */
import { type AddressInfo, createServer, connect as open, type Server, type Socket } from 'node:net'

export const END_TXN = 26

/** The line breaks before the broker has the request, or once it has answered it: the client can't tell. */
export type Cut = 'request' | 'reply'

export class FrameProxy {
  /** Asked for each request. */
  cut: (apiKey: number) => Cut | undefined = () => undefined
  /** How often the line was cut. */
  cuts = 0
  private readonly server: Server
  private readonly sockets = new Set<Socket>()
  private upstreamPort: number | undefined

  private constructor() {
    this.server = createServer((client) => this.join(client))
  }

  static async listen(): Promise<FrameProxy> {
    const proxy = new FrameProxy()
    await new Promise<void>((resolve) => proxy.server.listen(0, '127.0.0.1', resolve))
    return proxy
  }

  get address(): string {
    return `127.0.0.1:${(this.server.address() as AddressInfo).port}`
  }

  /** Where the broker is: it has to advertise `address`, and so starts later. */
  leadTo(port: number): void {
    this.upstreamPort = port
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.sockets) socket.destroy()
    await new Promise<void>((resolve) => this.server.close(() => resolve()))
  }

  private join(client: Socket): void {
    const broker = open(this.upstreamPort!, '127.0.0.1')
    const line = [client, broker]
    const end = () => line.forEach((socket) => void socket.destroy())
    for (const socket of line) {
      this.sockets.add(socket)
      socket.on('error', end).on('close', () => {
        this.sockets.delete(socket)
        end()
      })
    }
    const unanswered = new Set<number>()
    const cut = () => {
      this.cuts++
      end()
    }
    eachFrame(client, (frame) => {
      const what = this.cut(frame.readInt16BE(4))
      if (what === 'request') return cut()
      if (what === 'reply') unanswered.add(frame.readInt32BE(8))
      broker.write(frame)
    })
    eachFrame(broker, (frame) => {
      if (unanswered.has(frame.readInt32BE(4))) cut()
      else client.write(frame)
    })
  }
}

function eachFrame(socket: Socket, take: (frame: Buffer) => void): void {
  let buffered = Buffer.alloc(0)
  socket.on('data', (chunk: Buffer) => {
    buffered = Buffer.concat([buffered, chunk])
    while (buffered.length >= 4 && buffered.length >= 4 + buffered.readInt32BE(0)) {
      const end = 4 + buffered.readInt32BE(0)
      const frame = buffered.subarray(0, end)
      buffered = buffered.subarray(end)
      if (!socket.destroyed) take(frame)
    }
  })
}
