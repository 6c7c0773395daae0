/** Messages over a connection: each is JSON in one frame. */
import type { FrameConnection } from '../transport/transport.ts'

export interface MessageConnection<In, Out> {
  send(message: Out): void
  onMessage(listener: (message: In) => void): void
  onClose(listener: (error: Error | undefined) => void): void
  close(): void
}

export function messages<In, Out>(connection: FrameConnection): MessageConnection<In, Out> {
  return {
    send: (message) => connection.send(Buffer.from(JSON.stringify(message))),
    onMessage: (listener) =>
      connection.onFrame((frame) => {
        let message: In
        try {
          message = JSON.parse(Buffer.from(frame.buffer, frame.byteOffset, frame.byteLength).toString('utf8')) as In
        } catch {
          // Whoever speaks no JSON is none of ours.
          connection.close()
          return
        }
        listener(message)
      }),
    onClose: (listener) => connection.onClose(listener),
    close: () => connection.close(),
  }
}
