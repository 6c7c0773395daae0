/** Channels between two workers: order, credit per channel, and who is let in. */
import { describe, expect, it, onTestFinished } from 'vitest'
import type { Channel } from '../../../runtime/exchange/channel.ts'
import { DataPlane } from '../../../runtime/exchange/data-plane.ts'
import { LocalTransport } from '../../../runtime/transport/local-transport.ts'
import { Batch, type Element } from '../../../topology/element.ts'
import type { SluiceError } from '../../../topology/errors.ts'

const CAPACITY_BYTES = 64 << 10

async function twoWorkers({ token = 'secret', epoch = 7n } = {}) {
  const transport = new LocalTransport()
  const lost: SluiceError[] = []
  const receiver = new DataPlane({ transport, worker: 'w2', token: 'secret' })
  const sender = new DataPlane({ transport, worker: 'w1', token })
  onTestFinished(async () => {
    await sender.close()
    await receiver.close()
  })
  const address = await receiver.listen()
  const into = receiver.open(7n, (error) => lost.push(error))
  const from = sender.open(epoch, (error) => lost.push(error))
  return { address, into, from, lost }
}

/** What is in flight has arrived. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve))
}

function takeAll(channel: Channel): Element[] {
  const taken: Element[] = []
  for (let element = channel.take(); element !== undefined; element = channel.take()) taken.push(element)
  return taken
}

const rows = (first: number, count = 256) =>
  new Batch(Array.from({ length: count }, (_, n) => ({ n: first + n, text: `row ${first + n}` })))

describe('a channel to another worker', () => {
  it('keeps the order of batches and control elements', async () => {
    const { address, into, from } = await twoWorkers()
    const channel = into.receive(3, CAPACITY_BYTES)
    const writer = (await from.connect('w2', address)).writer(3, CAPACITY_BYTES)
    const barrier: Element = { kind: 'barrier', epoch: 7n, checkpointId: 2n ** 60n, triggeredAtMs: 1.5 }
    const sent: Element[] = [rows(0, 2), { kind: 'watermark', timestampMs: -1 }, rows(2, 1), barrier]
    for (const element of [...sent, { kind: 'idle' } as const, { kind: 'end', drain: true } as const])
      writer.send(element)
    await settled()
    const taken = takeAll(channel)
    expect(taken.map((element) => (element.kind === 'batch' ? element.values.length : element))).toEqual([
      2,
      { kind: 'watermark', timestampMs: -1 },
      1,
      barrier,
      { kind: 'idle' },
      { kind: 'end', drain: true },
    ])
    // Both ends count the same bytes, those of batches.
    expect(writer.sentBytes).toBeGreaterThan(0)
    expect(channel.takenBytes).toBe(writer.sentBytes)
  })

  it('stops its sender when nobody takes, and no other channel on the connection', async () => {
    const { address, into, from } = await twoWorkers()
    const [stalled, free] = [into.receive(0, CAPACITY_BYTES), into.receive(1, CAPACITY_BYTES)]
    const peer = await from.connect('w2', address)
    const [blocked, open] = [peer.writer(0, CAPACITY_BYTES), peer.writer(1, CAPACITY_BYTES)]
    let sent = 0
    while (blocked.hasCredit) blocked.send(rows(sent++))
    blocked.send(rows(sent++))
    await settled()
    // One batch beyond the credit is on its way at most, what comes behind it waits at the sender.
    expect(stalled.length).toBe(sent - 1)
    expect(blocked.length).toBe(1)
    for (let n = 0; n < 1_000; n++) {
      await open.credit()
      open.send(rows(n))
      await settled()
      takeAll(free)
    }
    expect(blocked.hasCredit).toBe(false)
    let arrived = 0
    for (; arrived < sent; await settled()) arrived += takeAll(stalled).length
    expect(arrived).toBe(sent)
    await blocked.credit()
  })

  it('lets nobody wait for credit once the attempt ends', async () => {
    const { address, into, from } = await twoWorkers()
    into.receive(0, CAPACITY_BYTES)
    const writer = (await from.connect('w2', address)).writer(0, CAPACITY_BYTES)
    while (writer.hasCredit) writer.send(rows(0))
    const credit = writer.credit()
    writer.release()
    await credit
  })
})

describe('who is let in', () => {
  it.each([
    ['with another token', { token: 'guessed' }],
    ['of an older attempt', { epoch: 6n }],
  ])('is nobody %s', async (_who, options) => {
    const { address, into, from, lost } = await twoWorkers(options)
    const channel = into.receive(0, CAPACITY_BYTES)
    const writer = (await from.connect('w2', address)).writer(0, CAPACITY_BYTES)
    writer.send(rows(0))
    await settled()
    expect(channel.length).toBe(0)
    expect(lost).toMatchObject([{ code: 'PEER_LOST', details: { worker: 'w1', peer: 'w2' } }])
  })

  it('loses the attempt when a frame comes for a channel that it has not', async () => {
    const { address, into, from, lost } = await twoWorkers()
    into.receive(0, CAPACITY_BYTES)
    const writer = (await from.connect('w2', address)).writer(5, CAPACITY_BYTES)
    writer.send(rows(0))
    await settled()
    expect(lost.map(({ code }) => code)).toEqual(['PEER_LOST', 'PEER_LOST'])
  })
})
