/** Placeholder until the socket transport lands. */
import { connect, createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { SluiceError } from '../../topology/errors.ts'
import type { FrameConnection, Transport } from './transport.ts'

export type SocketTransportOptions = { readonly directory: string } | { readonly host: string }

let next = 1
export function socketTransport(options: SocketTransportOptions): Transport {
  return {
    async listen(onConnection) {
      const server = createServer({ noDelay: true }, (socket) => onConnection(over(socket)))
      const path = 'directory' in options ? join(options.directory, `${process.pid}-${next++}.sock`) : undefined
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject)
        if (path !== undefined) server.listen(path, resolve)
        else server.listen(0, (options as { host: string }).host, resolve)
      })
      const at = server.address()
      const address = typeof at === 'string' ? `unix:${at}` : `tcp:${at!.address}:${at!.port}`
      return { address, close: () => new Promise<void>((resolve) => server.close(() => resolve())) }
    },
    async connect(address) {
      const [, kind, rest] = /^(unix|tcp):(.*)$/.exec(address)!
      const socket =
        kind === 'unix' ? connect(rest!) : connect({ host: rest!.split(':')[0]!, port: Number(rest!.split(':')[1]) })
      await new Promise<void>((resolve, reject) => {
        socket.once('connect', () => resolve())
        socket.once('error', (cause) =>
          reject(new SluiceError('CONNECT_FAILED', `${address} can't be reached: ${cause.message}`, { cause })),
        )
      })
      return over(socket)
    },
  }
}

function over(socket: Socket): FrameConnection {
  let buffer = Buffer.alloc(0)
  let onFrame: ((frame: Uint8Array) => void) | undefined
  let onClose: ((error: Error | undefined) => void) | undefined
  let closed: { error: Error | undefined } | undefined
  const waiting: Uint8Array[] = []
  socket.on('data', (chunk) => {
    buffer = Buffer.concat([buffer, chunk as Buffer])
    while (buffer.length >= 4 && buffer.length >= 4 + buffer.readUInt32LE(0)) {
      const size = buffer.readUInt32LE(0)
      const frame = new Uint8Array(buffer.subarray(4, 4 + size))
      buffer = buffer.subarray(4 + size)
      if (onFrame) onFrame(frame)
      else waiting.push(frame)
    }
  })
  let failed: Error | undefined
  socket.on('error', (error) => {
    failed = error
  })
  socket.on('close', () => {
    closed = { error: failed }
    onClose?.(failed)
  })
  return {
    send(...parts) {
      if (closed || socket.writableEnded) return
      const header = Buffer.alloc(4)
      header.writeUInt32LE(parts.reduce((sum, part) => sum + part.byteLength, 0))
      socket.cork()
      socket.write(header)
      for (const part of parts) socket.write(part)
      socket.uncork()
    },
    onFrame(listener) {
      onFrame = listener
      for (const frame of waiting.splice(0)) listener(frame)
    },
    onClose(listener) {
      onClose = listener
      if (closed) listener(closed.error)
    },
    close: () => socket.end(),
  }
}
