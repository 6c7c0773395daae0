import { spawn } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { createConnection } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { SocketTransport } from '../../../runtime/transport/socket-transport.ts'
import type { FrameConnection } from '../../../runtime/transport/transport.ts'
import { transportConformance } from '../../conformance/transport.ts'

const directory = mkdtempSync(join(tmpdir(), 'sluice-socket-'))
afterAll(() => rmSync(directory, { recursive: true }))

const overUnix = new SocketTransport({ listenAt: `unix:${directory}` })
const overTcp = new SocketTransport({ listenAt: 'tcp:127.0.0.1:0' })

describe('SocketTransport over Unix sockets', () => {
  it.each(transportConformance)('$name', ({ run }) =>
    run({ transport: overUnix, nowhere: `unix:${directory}/nobody.sock` }),
  )
})

describe('SocketTransport over TCP', () => {
  it.each(transportConformance)('$name', ({ run }) => run({ transport: overTcp, nowhere: 'tcp:127.0.0.1:1' }))
})

describe.each([
  ['a Unix socket', overUnix],
  ['TCP', overTcp],
])('over %s', (_, transport) => {
  it('tells that the process at the other end was killed', async () => {
    const accepted = Promise.withResolvers<FrameConnection>()
    const listener = await transport.listen(accepted.resolve)
    const peer = spawn(process.execPath, [join(import.meta.dirname, 'socket-peer.ts'), listener.address], {
      stdio: 'inherit',
    })
    const connection = await accepted.promise
    await new Promise((resolve) => connection.onFrame(resolve))
    // So much is on its way that the peer can't have read all of it.
    connection.send(Buffer.alloc(8 << 20))
    peer.kill('SIGKILL')
    const error = await new Promise((resolve) => connection.onClose(resolve))
    expect(error).toMatchObject({ code: 'CONNECTION_LOST', details: { address: listener.address } })
    connection.send(Buffer.from('nobody reads this'))
    await listener.close()
  })

  it('cuts off who announces too long a frame', async () => {
    const { connection, peer, listener } = await rawPeer(transport)
    const closed = new Promise((resolve) => connection.onClose(resolve))
    peer.write(Buffer.from([1, 0, 0, 0x10]))
    expect(await closed).toMatchObject({ code: 'FRAME_TOO_LARGE' })
    await new Promise((resolve) => peer.on('close', resolve))
    await listener.close()
  })

  it('tells a stream that ends without a goodbye from one that was closed', async () => {
    const { connection, peer, listener } = await rawPeer(transport)
    const closed = new Promise((resolve) => connection.onClose(resolve))
    peer.end(Buffer.from([5, 0, 0, 0, 1, 2]))
    expect(await closed).toMatchObject({ code: 'CONNECTION_LOST' })
    await listener.close()
  })
})

async function rawPeer(transport: SocketTransport) {
  const accepted = Promise.withResolvers<FrameConnection>()
  const listener = await transport.listen(accepted.resolve)
  const address = listener.address
  const peer = createConnection(
    address.startsWith('unix:')
      ? { path: address.slice('unix:'.length) }
      : { host: '127.0.0.1', port: Number(address.split(':').at(-1)) },
  )
  peer.on('error', () => {})
  peer.resume()
  return { connection: await accepted.promise, peer, listener }
}

it('refuses to send what the other end would refuse', async () => {
  const transport = new SocketTransport({ listenAt: `unix:${directory}`, maxFrameBytes: 1000 })
  const accepted = Promise.withResolvers<FrameConnection>()
  const listener = await transport.listen(accepted.resolve)
  const connection = await transport.connect(listener.address)
  const closed = new Promise((resolve) => connection.onClose(resolve))
  connection.send(Buffer.alloc(600), Buffer.alloc(401))
  expect(await closed).toMatchObject({ code: 'FRAME_TOO_LARGE', details: { length: 1001, maxFrameBytes: 1000 } })
  await listener.close()
})

describe('the directory of Unix sockets', () => {
  it('is made for the owner alone, and left empty', async () => {
    const path = join(directory, 'made', 'here')
    const listener = await new SocketTransport({ listenAt: `unix:${path}` }).listen(() => {})
    expect(statSync(path).mode & 0o777).toBe(0o700)
    expect(listener.address.startsWith(`unix:${path}/`)).toBe(true)
    expect(readdirSync(path)).toHaveLength(1)
    await listener.close()
    expect(readdirSync(path)).toHaveLength(0)
  })

  it('is refused when others may enter it', async () => {
    const path = join(directory, 'open')
    mkdirSync(path)
    chmodSync(path, 0o755)
    await expect(new SocketTransport({ listenAt: `unix:${path}` }).listen(() => {})).rejects.toMatchObject({
      code: 'LISTEN_FAILED',
      message: `cannot listen at unix:${path}: others may enter the directory: its mode is 755`,
    })
  })

  it('is refused when its path is too long for a socket', async () => {
    const path = join(directory, 'x'.repeat(100))
    await expect(new SocketTransport({ listenAt: `unix:${path}` }).listen(() => {})).rejects.toMatchObject({
      code: 'LISTEN_FAILED',
    })
  })
})

describe('addresses', () => {
  it('name the port that was free', async () => {
    const listener = await overTcp.listen(() => {})
    expect(listener.address).toMatch(/^tcp:127\.0\.0\.1:[1-9]\d+$/)
    const taken = new SocketTransport({ listenAt: listener.address })
    await expect(taken.listen(() => {})).rejects.toMatchObject({ code: 'LISTEN_FAILED' })
    await listener.close()
  })

  it.each(['', 'local:1', 'unix:relative', 'tcp:127.0.0.1', 'tcp:127.0.0.1:65536', 'tcp:::1:80'])(
    'are not %j',
    async (address) => {
      await expect(overUnix.connect(address)).rejects.toMatchObject({ code: 'ADDRESS_INVALID' })
    },
  )
})
