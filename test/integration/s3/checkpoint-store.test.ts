/** The checkpoint store on a real S3-compatible server: epochs race by conditional PUT, damage is refused, retention deletes. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { S3FileIO } from '../../../connectors/iceberg/io/s3-file-io.ts'
import { CheckpointStore } from '../../../runtime/checkpoint/checkpoint-store.ts'
import { flip, stateOf, take } from '../../support/checkpoints.ts'
import { recordingLogger } from '../../support/silent.ts'
import { type Minio, startMinio } from './minio.ts'

let minio: Minio
let clients: S3FileIO[]
let root: string

beforeAll(async () => {
  minio = await startMinio('checkpoints')
})
afterAll(() => minio?.[Symbol.asyncDispose]())
beforeEach(({ task }) => {
  root = `s3://checkpoints/${task.id}/job`
  clients = []
})
afterEach(async () => {
  for (const client of clients) await client.close()
})

/** Over a client of its own, as another process would have. */
function open(retained = 3): CheckpointStore {
  const files = minio.open()
  clients.push(files)
  return new CheckpointStore({ files, root, retained, logger: recordingLogger() })
}

async function locations(part: string): Promise<string[]> {
  const found = await Array.fromAsync(clients[0]!.list(`${root}/${part}/`))
  return found.map(({ location }) => location).sort()
}

it('gives eight rivals eight epochs, of which the last alone can complete a checkpoint', async () => {
  const stores = Array.from({ length: 8 }, () => open())
  const epochs = await Promise.all(stores.map((store) => store.openEpoch()))
  expect(new Set(epochs).size).toBe(8)
  const newest = epochs.indexOf(epochs.toSorted((a, b) => Number(a - b)).at(-1)!)
  const outcomes = await Promise.allSettled(stores.map((store, rival) => take(store, `${rival}`)))
  const refused = outcomes.filter((outcome) => outcome.status === 'rejected')
  expect(refused.map(({ reason }) => reason.code)).toEqual(Array(7).fill('FENCED'))
  const next = open()
  await next.openEpoch()
  expect(await stateOf(next)).toBe(String(newest))
})

it('restores what was taken last, and deletes what nothing needs', async () => {
  const first = open(2)
  await first.openEpoch()
  await take(first, 'saved', 'savepoint')
  for (const state of ['a', 'b', 'a', 'c']) await take(first, state)
  const next = open(2)
  await next.openEpoch()
  expect((await next.list()).map(({ id, kind }) => [id, kind])).toEqual([
    [1n, 'savepoint'],
    [4n, 'checkpoint'],
    [5n, 'checkpoint'],
  ])
  expect(await stateOf(next)).toBe('c')
  expect(await locations('state')).toHaveLength(3)
  expect(await locations('manifests')).toHaveLength(3)
})

it('keeps an older attempt out, however many records came since', async () => {
  const zombie = open()
  await zombie.openEpoch()
  await take(zombie, 'old')
  const successor = open()
  await successor.openEpoch()
  for (let n = 0; n < 20; n++) await take(successor, `new ${n}`)
  await expect(take(zombie, 'zombie')).rejects.toMatchObject({ code: 'FENCED' })
  expect(await stateOf(successor)).toBe('new 19')
})

describe('a damaged file', () => {
  it.each([
    ['flipped', (bytes: Uint8Array) => flip(bytes, bytes.length - 3)],
    ['cut off', (bytes: Uint8Array) => bytes.subarray(0, bytes.length - 1)],
    ['empty', () => new Uint8Array()],
  ])('is refused when it is %s, and the checkpoint before it used', async (_how, damage) => {
    const first = open()
    await first.openEpoch()
    await take(first, 'good')
    for (const part of ['state', 'manifests']) {
      const known = new Set(await locations(part))
      await take(first, `damaged ${part}`)
      const victim = (await locations(part)).find((location) => !known.has(location))!
      await clients[0]!.write(victim, damage(await clients[0]!.read(victim)))
    }
    const next = open()
    await next.openEpoch()
    expect(await stateOf(next)).toBe('good')
  })
})
