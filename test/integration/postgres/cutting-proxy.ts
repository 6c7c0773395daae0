/** Between a client and a database: cuts the line at the client's next COMMIT, before the server has heard it or after. */

import type { AddressInfo } from 'node:net'
import { connect, createServer, type Server, type Socket } from 'node:net'

export class CuttingProxy implements AsyncDisposable {
  /** What the next COMMIT meets. */
  cut: 'before' | 'after' | 'nothing' = 'nothing'
  /** How often the line was cut. */
  cuts = 0
  private readonly server: Server
  private readonly sockets = new Set<Socket>()

  private constructor(target: URL) {
    this.server = createServer((client) => {
      const upstream = connect(Number(target.port), target.hostname)
      let isDeaf = false
      for (const socket of [client, upstream]) {
        this.sockets.add(socket)
        socket.on('error', () => {})
        socket.on('close', () => this.sockets.delete(socket))
      }
      client.on('data', (bytes) => {
        if (this.cut !== 'nothing' && bytes.includes('COMMIT')) {
          isDeaf = true
          const isBefore = this.cut === 'before'
          this.cut = 'nothing'
          this.cuts++
          if (isBefore) {
            client.destroy()
            upstream.destroy()
            return
          }
        }
        upstream.write(bytes)
      })
      upstream.on('data', (bytes) => {
        if (!isDeaf) client.write(bytes)
        // The server has answered, and nobody hears of it.
        else client.destroy()
      })
      client.on('close', () => upstream.destroy())
      upstream.on('close', () => client.destroy())
    })
    this.server.unref()
  }

  static async before(url: string): Promise<CuttingProxy> {
    const proxy = new CuttingProxy(new URL(url))
    await new Promise<void>((resolve) => {
      proxy.server.listen(0, '127.0.0.1', resolve)
    })
    return proxy
  }

  /** `url`, by way of here. */
  through(url: string): string {
    const through = new URL(url)
    through.hostname = '127.0.0.1'
    through.port = String((this.server.address() as AddressInfo).port)
    return String(through)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.sockets) socket.destroy()
    await new Promise((resolve) => this.server.close(resolve))
  }
}
