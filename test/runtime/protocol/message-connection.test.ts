/** Messages from whoever connects: what is none closes the connection, and reaches nobody. */
import { expect, it } from 'vitest'
import { messages } from '../../../runtime/protocol/message-connection.ts'
import type { FrameConnection } from '../../../runtime/transport/transport.ts'

function connected() {
  const received: unknown[] = []
  let closed = false
  let arrive: (frame: Uint8Array) => void = () => {}
  const frames: FrameConnection = {
    send() {},
    onFrame(listener) {
      arrive = listener
    },
    onClose() {},
    close() {
      closed = true
    },
  }
  messages<{ type: string }, never>(frames).onMessage((message) => received.push(message.type))
  return { arrive: (text: string) => arrive(Buffer.from(text)), received, closed: () => closed }
}

it('hands on an object', () => {
  const { arrive, received, closed } = connected()
  arrive('{"type":"hello"}')
  expect([received, closed()]).toEqual([['hello'], false])
})

it.each(['no JSON', 'null', '1', '"hello"'])('closes the connection at %s', (text) => {
  const { arrive, received, closed } = connected()
  arrive(text)
  expect([received, closed()]).toEqual([[], true])
})
