/** What every transport must do: the list that a new one runs against itself. */
import { expect } from 'vitest'
import type { FrameConnection, Listener, Transport } from '../../runtime/transport/transport.ts'

export interface TransportHarness {
  readonly transport: Transport
  /** An address at which nobody listens. */
  readonly nowhere: string
}

export interface TransportCase {
  readonly name: string
  run(harness: TransportHarness): Promise<void>
}

const MIB = 1 << 20

interface Pair {
  readonly near: FrameConnection
  readonly far: FrameConnection
  readonly listener: Listener
}

async function connectPair(transport: Transport): Promise<Pair> {
  const accepted = Promise.withResolvers<FrameConnection>()
  const listener = await transport.listen(accepted.resolve)
  const near = await transport.connect(listener.address)
  return { near, far: await accepted.promise, listener }
}

async function end({ near, far, listener }: Pair): Promise<void> {
  const closed = Promise.all([closing(near), closing(far)])
  near.close()
  await closed
  await listener.close()
}

const closing = (connection: FrameConnection) =>
  new Promise<Error | undefined>((resolve) => connection.onClose(resolve))

/** The next frames, once there are `count`. */
function frames(connection: FrameConnection, count: number): Promise<Uint8Array[]> {
  const arrived: Uint8Array[] = []
  return new Promise((resolve) => {
    connection.onFrame((frame) => {
      arrived.push(frame)
      if (arrived.length === count) resolve(arrived)
    })
  })
}

const bytes = (...values: readonly number[]) => Uint8Array.from(values)

/** Different everywhere, so that a byte out of place is seen. */
function pattern(length: number, seed: number): Buffer {
  const words = new Uint32Array(Math.ceil(length / 4))
  for (let index = 0, word = seed; index < words.length; index++) {
    word = (Math.imul(word, 1664525) + 1013904223) >>> 0
    words[index] = word
  }
  return Buffer.from(words.buffer, 0, length)
}

const same = (frame: Uint8Array | undefined, expected: Uint8Array) =>
  frame !== undefined && Buffer.compare(frame, expected) === 0

/** A round trip: what either end sent before it has arrived. */
async function settled(near: FrameConnection, far: FrameConnection): Promise<void> {
  far.onFrame((frame) => far.send(frame))
  const back = frames(near, 1)
  near.send(bytes(0))
  await back
}

export const transportConformance: readonly TransportCase[] = [
  {
    name: 'keeps the order, in both directions',
    async run({ transport }) {
      const pair = await connectPair(transport)
      const count = 5000
      const there = frames(pair.far, count)
      const back = frames(pair.near, count)
      for (let index = 0; index < count; index++) {
        pair.near.send(Buffer.from(`near ${index}`))
        pair.far.send(Buffer.from(`far ${index}`))
      }
      const texts = (of: readonly Uint8Array[]) => of.map((frame) => Buffer.from(frame).toString())
      expect(texts(await there)).toEqual(Array.from({ length: count }, (_, index) => `near ${index}`))
      expect(texts(await back)).toEqual(Array.from({ length: count }, (_, index) => `far ${index}`))
      await end(pair)
    },
  },
  {
    name: 'hands frames on whole, from 0 bytes to 32 MiB',
    async run({ transport }) {
      const pair = await connectPair(transport)
      const lengths = [0, 1, 3, 4, 5, 4095, 0, 65_531, 65_532, 65_536, 65_537, 200_000, MIB, 32 * MIB, 0, 7]
      const sent = lengths.map((length, index) => pattern(length, index))
      const arrived = frames(pair.far, sent.length)
      for (const frame of sent) pair.near.send(frame)
      const received = await arrived
      expect(received.map((frame) => frame.length)).toEqual(lengths)
      expect(received.every((frame, index) => same(frame, sent[index]!))).toBe(true)
      await end(pair)
    },
  },
  {
    name: 'makes one frame of its parts',
    async run({ transport }) {
      const pair = await connectPair(transport)
      const arrived = frames(pair.far, 3)
      const large = pattern(300_000, 1)
      pair.near.send(bytes(1, 2), bytes(), bytes(3))
      pair.near.send(bytes(4), large, bytes(5))
      pair.near.send()
      const [first, second, third] = await arrived
      expect([...first!]).toEqual([1, 2, 3])
      expect(same(second, Buffer.concat([bytes(4), large, bytes(5)]))).toBe(true)
      expect(third).toHaveLength(0)
      await end(pair)
    },
  },
  {
    name: 'leaves a frame to who received it',
    async run({ transport }) {
      const pair = await connectPair(transport)
      const arrived = frames(pair.far, 300)
      for (let index = 0; index < 300; index++) pair.near.send(new Uint8Array(1000).fill(index))
      const received = await arrived
      received[0]!.fill(255)
      expect(received.slice(1).every((frame, index) => frame.every((byte) => byte === (index + 1) % 256))).toBe(true)
      await end(pair)
    },
  },
  {
    name: 'hands frames on later, never while they are sent or a listener is set',
    async run({ transport }) {
      const pair = await connectPair(transport)
      let isSending = true
      const arrived = new Promise<void>((resolve, reject) => {
        pair.far.onFrame(() => (isSending ? reject(new Error('too early')) : resolve()))
      })
      pair.near.send(bytes(1))
      isSending = false
      await arrived
      await end(pair)
    },
  },
  {
    name: 'keeps frames for a listener that is set late, and closes after them',
    async run({ transport }) {
      const pair = await connectPair(transport)
      await settled(pair.near, pair.far)
      const accepted = Promise.withResolvers<FrameConnection>()
      const listener = await transport.listen(accepted.resolve)
      const near = await transport.connect(listener.address)
      const far = await accepted.promise
      const events: (number | string)[] = []
      for (let index = 0; index < 200; index++) near.send(Buffer.alloc(10_000, index))
      near.close()
      // Whatever was sent on another connection has passed in the meantime.
      await settled(pair.near, pair.far)
      const closed = new Promise<void>((resolve) => {
        far.onClose((error) => {
          events.push(error === undefined ? 'closed' : error.message)
          resolve()
        })
      })
      await settled(pair.near, pair.far)
      let isSetting = true
      far.onFrame((frame) => events.push(isSetting ? 'too early' : frame[0]!))
      isSetting = false
      await closed
      expect(events).toEqual([...Array.from({ length: 200 }, (_, index) => index), 'closed'])
      await listener.close()
      await end(pair)
    },
  },
  {
    name: 'keeps many connections apart',
    async run({ transport }) {
      const connections = 50
      const rounds = 40
      const echoes = await transport.listen((far) => far.onFrame((frame) => far.send(frame)))
      await Promise.all(
        Array.from({ length: connections }, async (_, index) => {
          const near = await transport.connect(echoes.address)
          const back = frames(near, rounds)
          const sent = Array.from({ length: rounds }, (_, round) =>
            pattern((index * 7919 + round * 104_729) % 50_000, index),
          )
          for (const frame of sent) near.send(frame)
          expect((await back).every((frame, round) => same(frame, sent[round]!))).toBe(true)
          const closed = closing(near)
          near.close()
          expect(await closed).toBeUndefined()
        }),
      )
      await echoes.close()
    },
  },
  {
    name: 'sends everything before it closes, and tells both ends without an error',
    async run({ transport }) {
      const { near, far, listener } = await connectPair(transport)
      const sent = Array.from({ length: 20 }, (_, index) => pattern(MIB, index))
      const arrived: Uint8Array[] = []
      far.onFrame((frame) => arrived.push(frame))
      const closed = Promise.all([closing(near), closing(far)])
      for (const frame of sent) near.send(frame)
      near.close()
      expect(await closed).toEqual([undefined, undefined])
      expect(arrived).toHaveLength(sent.length)
      expect(arrived.every((frame, index) => same(frame, sent[index]!))).toBe(true)
      await listener.close()
    },
  },
  {
    name: 'sends nothing and hands nothing on after a close',
    async run({ transport }) {
      const { near, far, listener } = await connectPair(transport)
      const arrived: string[] = []
      near.onFrame(() => arrived.push('near'))
      far.onFrame(() => arrived.push('far'))
      const closed = Promise.all([closing(near), closing(far)])
      far.send(bytes(1))
      near.close()
      near.close()
      near.send(bytes(2))
      await closed
      near.send(bytes(3))
      far.send(bytes(4))
      far.close()
      expect(arrived).toEqual([])
      await listener.close()
    },
  },
  {
    name: 'stops in the middle of what has arrived when the listener closes',
    async run({ transport }) {
      const { near, far, listener } = await connectPair(transport)
      let arrived = 0
      far.onFrame(() => {
        if (++arrived === 3) far.close()
      })
      const closed = Promise.all([closing(near), closing(far)])
      for (let index = 0; index < 10; index++) near.send(bytes(index))
      expect(await closed).toEqual([undefined, undefined])
      expect(arrived).toBe(3)
      await listener.close()
    },
  },
  {
    name: 'lets both ends close at once, and tells late listeners',
    async run({ transport }) {
      const { near, far, listener } = await connectPair(transport)
      const closed = Promise.all([closing(near), closing(far)])
      near.close()
      far.close()
      expect(await closed).toEqual([undefined, undefined])
      expect(await closing(near)).toBeUndefined()
      await listener.close()
    },
  },
  {
    name: 'closes a listener, and leaves its connections',
    async run({ transport }) {
      const { near, far, listener } = await connectPair(transport)
      await listener.close()
      await expect(transport.connect(listener.address)).rejects.toMatchObject({ code: 'CONNECT_FAILED' })
      await settled(near, far)
      await end({ near, far, listener })
    },
  },
  {
    name: 'gives every listener an address of its own',
    async run({ transport }) {
      const listeners = await Promise.all(Array.from({ length: 5 }, () => transport.listen(() => {})))
      expect(new Set(listeners.map(({ address }) => address)).size).toBe(5)
      await Promise.all(listeners.map((listener) => listener.close()))
    },
  },
  {
    name: 'names the address that nobody answers at',
    async run({ transport, nowhere }) {
      await expect(transport.connect(nowhere)).rejects.toMatchObject({
        code: 'CONNECT_FAILED',
        message: expect.stringContaining(nowhere),
        fix: expect.any(String),
      })
    },
  },
]
