/** Whatever a host sends, its session ends with an error that was foreseen, or goes on; and so do the others. */
import { createConnection } from 'node:net'
import { crc32 } from 'node:zlib'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { messageFrame, StageKind } from '../../../runtime/stage-server/stage-frames.ts'
import { describedChunk } from '../../../runtime/state/described-chunk.ts'
import { SocketTransport } from '../../../runtime/transport/socket-transport.ts'
import type { Batch } from '../../../topology/element.ts'
import { FRESH_SEED, runs } from '../../support/scale.ts'
import { ordersOf, type Served, served, TOKEN } from './support/opened-stage.ts'
import { WINDOWS } from './support/shop-job.ts'
import { elementFrame, type StageClient } from './support/stage-client.ts'

const frameOf = (parts: readonly Uint8Array[]) => Buffer.concat(parts)
const numbers = (kind: number, ...bytes: number[]) => Buffer.from([kind, 0, 0, 0, 0, 0, 0, 0, ...bytes])

const CHUNK = {
  uid: 'deduplicate(id)',
  state: 'seen',
  codec: { name: 'float64', version: 1 },
  firstKeyGroup: 71,
  lastKeyGroup: 71,
  entries: 1,
}
/** Key group 71, namespace 0, one entry: "a", 0. */
const CHUNK_BYTES = Buffer.from(`47${'00'.repeat(8)}01040161${'00'.repeat(8)}`, 'hex')

/** A session in which everything is said once. */
const SESSION: readonly Buffer[] = [
  frameOf(messageFrame(0, { protocol: 'sluice-stage', version: 1, token: TOKEN })),
  frameOf(
    messageFrame(StageKind.open, {
      subtask: 0,
      parallelism: 1,
      epoch: '7',
      nowMs: 1,
      restore: { chunks: 1, split: { 'deduplicate(id)/times': { parallelism: 1 } }, watermarkMs: 5 },
    }),
  ),
  frameOf([numbers(StageKind.chunk), ...describedChunk(CHUNK, CHUNK_BYTES)]),
  numbers(6, 0, 0, 1, 0),
  frameOf(elementFrame(0, ordersOf(['a', 'b', 'c']))),
  frameOf(elementFrame(0, { kind: 'watermark', timestampMs: 10 })),
  numbers(StageKind.time, 0, 0, 0, 0, 0, 0, 0, 64),
  frameOf(elementFrame(0, { kind: 'barrier', epoch: 7n, checkpointId: 1n, triggeredAtMs: 0 })),
  numbers(StageKind.stored, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0),
  numbers(StageKind.metrics),
  frameOf(elementFrame(0, { kind: 'idle' })),
  numbers(StageKind.complete, 1, 0, 0, 0, 0, 0, 0, 0),
  numbers(StageKind.abort, 2, 0, 0, 0, 0, 0, 0, 0),
  frameOf(elementFrame(0, { kind: 'end', drain: true })),
]

const byte = fc.integer({ min: 0, max: 255 })
const place = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })

type Mutation = (frames: Buffer[]) => Buffer[]

/** One frame is made another, and its checksum right again where it had one: beneath it more can go wrong. */
const changed = (change: fc.Arbitrary<(frame: Buffer) => Buffer>): fc.Arbitrary<Mutation> =>
  fc.tuple(place, change).map(([where, make]) => (frames) => {
    const index = Math.floor(where * frames.length)
    return frames.map((frame, at) => (at === index ? withChecksum(make(frame)) : frame))
  })

const mutation: fc.Arbitrary<Mutation> = fc.oneof(
  changed(
    fc.array(fc.tuple(place, byte), { minLength: 1, maxLength: 4 }).map((edits) => (frame) => {
      const copy = Buffer.from(frame)
      for (const [where, value] of edits) copy[Math.floor(where * copy.length)] = value
      return copy
    }),
  ),
  changed(place.map((where) => (frame) => frame.subarray(0, Math.floor(where * frame.length)))),
  changed(fc.uint8Array({ maxLength: 40 }).map((tail) => (frame) => Buffer.concat([frame, tail]))),
  changed(fc.uint8Array({ maxLength: 80 }).map((bytes) => () => Buffer.from(bytes))),
  fc.tuple(place, place).map(([from, to]): Mutation => {
    return (frames) => {
      const rest = [...frames]
      const [moved] = rest.splice(Math.floor(from * rest.length), 1)
      rest.splice(Math.floor(to * rest.length), 0, moved!)
      return rest
    }
  }),
  place.map(
    (where): Mutation =>
      (frames) =>
        frames.filter((_, index) => index !== Math.floor(where * frames.length)),
  ),
  place.map(
    (where): Mutation =>
      (frames) =>
        frames.flatMap((frame, index) => (index === Math.floor(where * frames.length) ? [frame, frame] : [frame])),
  ),
)
const sessions = fc
  .array(mutation, { minLength: 1, maxLength: 3 })
  .map((mutations) => mutations.reduce<Buffer[]>((frames, mutate) => mutate(frames), [...SESSION]))

it('knows a session in which nothing is wrong', async () => {
  const stage = await served()
  const client = await stage.connect()
  client.onReceived = ({ chunk }) => chunk && client.stored(1n, chunk.chunk)
  for (const frame of SESSION) client.raw(frame)
  await client.waitFor((all) => all.find(({ kind }) => kind === 5))
  expect(await client.message(StageKind.snapshot)).toMatchObject({ checkpointId: '1', chunks: 1, watermarkMs: 10 })
  client.raw(numbers(StageKind.close))
  await client.message(StageKind.closed)
  expect(client.received.filter(({ kind }) => kind === StageKind.failed)).toEqual([])
  await stage.server.close()
})

it(`ends sessions that were tampered with, and no others (seed ${FRESH_SEED})`, async () => {
  const stage = await served()
  const bystander = await stage.open()
  bystander.credit(0, 0xffff_ffff)
  let refused = 0
  await fc.assert(
    fc.asyncProperty(sessions, async (frames) => {
      const client = await stage.connect()
      for (const frame of frames) client.raw(frame)
      client.raw(numbers(StageKind.close))
      expect(await client.closed).toBeUndefined()
      const failed = client.received.find(({ kind }) => kind === StageKind.failed)?.message
      // A frame lost may leave the stage waiting: that is not an error, and close ends it.
      if (failed !== undefined) refused++
      expect(failed?.code, JSON.stringify(failed)).not.toBe('INTERNAL')
    }),
    runs(50_000),
  )
  expect(refused).toBeGreaterThan(0)
  await goesOn(stage, bystander)
})

it('holds no more than was sent, whatever is announced', async () => {
  const stage = await served({ stage: WINDOWS })
  const client = await stage.open({ restore: { chunks: 2 ** 40, split: {}, watermarkMs: null } })
  const before = process.memoryUsage()
  // 2^32 − 1 rows, names, values: the checksum is right, the bytes are not there.
  for (const form of [0, 4, 5, 6, 7, 8, 9, 10, 12, 13, 14, 15]) {
    const other = await stage.open()
    other.raw(
      withChecksum(Buffer.from(`01000000000000000100000000000000ffffffff00000000${hex(form)}000000ffffffff`, 'hex')),
    )
    expect(await other.message(StageKind.failed)).toMatchObject({ code: 'FRAME_CORRUPT' })
  }
  const after = process.memoryUsage()
  expect(after.arrayBuffers - before.arrayBuffers).toBeLessThan(16 << 20)
  expect(after.heapUsed - before.heapUsed).toBeLessThan(64 << 20)
  client.close()
  await stage.server.close()
})

it(`cuts off what is no stream of frames (seed ${FRESH_SEED})`, async () => {
  const stage = await served({
    transport: new SocketTransport({ listenAt: 'tcp:127.0.0.1:0', maxFrameBytes: 1 << 20 }),
  })
  const bystander = await stage.open()
  bystander.credit(0, 0xffff_ffff)
  const port = Number(stage.server.address.split(':').at(-1))
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 200 }), async (bytes) => {
      const socket = createConnection({ host: '127.0.0.1', port })
      socket.on('error', () => {})
      socket.resume()
      socket.end(bytes)
      await new Promise((resolve) => socket.on('close', resolve))
    }),
    runs(5_000),
  )
  await goesOn(stage, bystander)
})

/** A stage that others have abused does its work. */
async function goesOn(stage: Served, client: StageClient): Promise<void> {
  client.element(0, ordersOf(['x', 'y', 'x']))
  const batch = await client.waitFor((all) => all.find(({ kind }) => kind === 1)?.element as Batch | undefined)
  expect(batch.values.map((row) => row.id)).toEqual(['x', 'y'])
  await stage.server.close()
}

function withChecksum(frame: Buffer): Buffer {
  if (frame[0] !== 1 || frame.length < 16) return frame
  const copy = Buffer.from(frame)
  copy.writeUInt32LE(crc32(copy.subarray(16), crc32(copy.subarray(8, 12))), 12)
  return copy
}

function hex(byte: number): string {
  return byte.toString(16).padStart(2, '0')
}
