import { createServer, request, type ServerResponse } from 'node:http'
import { createConnection } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { RecentEvents } from '../../../../runtime/control/recent-events.ts'
import { HEARTBEAT_INTERVAL_MS, streamAnswer } from '../../../../runtime/control/rest/stream-answer.ts'
import { listen } from '../../../../runtime/http/listen.ts'
import { ManualClock } from '../../../support/manual-clock.ts'

let clock: ManualClock
let chunks: RecentEvents<string>
let url: string
/** How each answer ended. */
let ended: Promise<unknown>[]
let responses: ServerResponse[]
const server = createServer((_request, response) => {
  // As the server does: who is gone follows no more.
  const gone = new AbortController()
  response.on('close', () => gone.abort())
  const texts = (async function* () {
    for await (const { event } of chunks.follow({ signal: gone.signal })) yield event
  })()
  responses.push(response)
  ended.push(streamAnswer(response, texts, { clock, heartbeat: ':\n\n' }).catch((error: unknown) => error))
})

beforeEach(async () => {
  clock = new ManualClock()
  chunks = new RecentEvents({ capacity: 64, origin: 'test' })
  ended = []
  responses = []
  url = await listen(server, '127.0.0.1', 0)
})

afterEach(async () => {
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
})

function follow() {
  const state = { text: '', ended: false, broken: false }
  const outgoing = request(url, (response) => {
    response.setEncoding('utf8').on('data', (chunk) => (state.text += chunk))
    response.on('end', () => (state.ended = true))
    response.on('error', () => (state.broken = true))
  })
  outgoing.on('error', () => (state.broken = true)).end()
  return { state, leave: () => outgoing.destroy() }
}

/** Connects, asks, and reads nothing. */
async function stall() {
  const { hostname, port } = new URL(url)
  const socket = createConnection(Number(port), hostname)
  socket.on('error', () => {})
  socket.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n')
  await expect.poll(() => ended).toHaveLength(1)
  return socket
}

/** More than both ends of a connection buffer: 4 and 32 MiB at most where the kernel's limits are Debian's. */
const TOO_MUCH = 'x'.repeat(48 << 20)

/** Once the socket takes no more. */
const full = () => expect.poll(() => responses[0]!.writableNeedDrain).toBe(true)

describe('a streamed answer', () => {
  it('sends what comes, and heartbeats while nothing does', async () => {
    chunks.push('a\n')
    const { state } = follow()
    await expect.poll(() => state.text).toBe('a\n')
    clock.advance(HEARTBEAT_INTERVAL_MS)
    chunks.push('b\n')
    await expect.poll(() => state.text).toBe('a\nb\n')
    // Something was sent since the last look.
    clock.advance(HEARTBEAT_INTERVAL_MS)
    clock.advance(HEARTBEAT_INTERVAL_MS)
    await expect.poll(() => state.text).toBe('a\nb\n:\n\n')
    chunks.end()
    await expect.poll(() => state.ended).toBe(true)
    expect(await ended[0]).toBeUndefined()
  })

  it('lets go of a client that takes nothing for an interval', async () => {
    const socket = await stall()
    chunks.push(TOO_MUCH)
    await full()
    clock.advance(HEARTBEAT_INTERVAL_MS)
    clock.advance(HEARTBEAT_INTERVAL_MS)
    clock.advance(HEARTBEAT_INTERVAL_MS)
    expect(await ended[0]).toBeUndefined()
    socket.destroy()
  })

  it('lets go of a client that is so slow that events went by', async () => {
    const socket = await stall()
    chunks.push(TOO_MUCH)
    await full()
    for (let count = 0; count < 100; count++) chunks.push('y')
    // It reads again: what it gets next is gone.
    socket.resume()
    expect(await ended[0]).toMatchObject({ code: 'FELL_BEHIND' })
    socket.destroy()
  })

  it('notices a client that has gone', async () => {
    chunks.push('a')
    const { state, leave } = follow()
    await expect.poll(() => state.text).toBe('a')
    leave()
    expect(await ended[0]).toBeUndefined()
  })
})
