/** Messages over a connection: each is a JSON object in one frame. */
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
        const message = parse(frame)
        // Whoever sends anything else is none of ours.
        if (typeof message !== 'object' || message === null) connection.close()
        else listener(message as In)
      }),
    onClose: (listener) => connection.onClose(listener),
    close: () => connection.close(),
  }
}

function parse(frame: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(frame.buffer, frame.byteOffset, frame.byteLength).toString('utf8'))
  } catch {
    return undefined
  }
}
