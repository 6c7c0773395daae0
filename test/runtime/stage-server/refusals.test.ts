/** What a host may not do: each ends its session with a failure that says what it was, and nobody else's. */
import { expect, it } from 'vitest'
import { FrameKind } from '../../../runtime/exchange/data-frames.ts'
import { MAX_QUEUED } from '../../../runtime/stage-server/inbox.ts'
import { StageKind } from '../../../runtime/stage-server/stage-frames.ts'
import { Batch } from '../../../topology/element.ts'
import { keyGroupOf } from '../../../topology/key.ts'
import { ordersOf, type Served, served, shopPlan, TOKEN } from './support/opened-stage.ts'
import { SOURCE } from './support/shop-job.ts'
import type { StageClient } from './support/stage-client.ts'

const hello = { protocol: 'sluice-stage', version: 1, token: TOKEN }
const chunk = {
  uid: 'deduplicate(id)',
  state: 'seen',
  codec: { name: 'float64', version: 1 },
  firstKeyGroup: 0,
  lastKeyGroup: 127,
  entries: 0,
  bytes: new Uint8Array(),
}

/** On a connection that has said nothing. */
const AT_ONCE: readonly (readonly [string, (client: StageClient) => void, object])[] = [
  ['a wrong token', (client) => client.say(0, { ...hello, token: 'another' }), { code: 'STAGE_TOKEN' }],
  ['no token', (client) => client.say(0, { ...hello, token: undefined }), { code: 'STAGE_PROTOCOL' }],
  ['another protocol', (client) => client.say(0, { ...hello, protocol: 'http' }), { code: 'STAGE_PROTOCOL' }],
  ['version 0', (client) => client.say(0, { ...hello, version: 0 }), { code: 'STAGE_PROTOCOL' }],
  ['another plan', (client) => client.say(0, { ...hello, fingerprint: 'f00' }), { code: 'PLAN_MISMATCH' }],
  ['no hello', (client) => client.say(StageKind.metrics), failure('its first frame is no hello')],
  ['no JSON', (client) => client.raw(Buffer.from('\0\0\0\0\0\0\0\0hello')), failure('its hello is no JSON')],
  ['an empty frame', (client) => client.raw(new Uint8Array()), { code: 'FRAME_CORRUPT' }],
]

it.each(AT_ONCE)('refuses %s', async (_, act, expected) => {
  const stage = await served()
  const client = await stage.connect()
  act(client)
  await refused(stage, client, expected)
})

/** Once a subtask is open, the first of two. */
const IN_SESSION: readonly (readonly [string, (client: StageClient) => void, object])[] = [
  ['hello twice', (client) => client.say(0, hello), failure('it said hello twice')],
  ['open twice', (client) => client.say(StageKind.open, { subtask: 0, parallelism: 1, epoch: '8' }), failure('twice')],
  ['a kind that no host sends', (client) => client.say(StageKind.opened), failure('no host sends frames of kind 20')],
  ['a kind that there is not', (client) => client.say(200), failure('no host sends frames of kind 200')],
  ['an input that there is not', (client) => void client.element(1, { kind: 'idle' }), failure('no input 1')],
  ['credit for no output', (client) => client.credit(4, 1), failure('no output 4')],
  ['a short credit', (client) => client.say(FrameKind.credit), failure('has 0 bytes, not 4')],
  ['a long watermark', (client) => client.raw(new Uint8Array(18).fill(2, 0, 1)), failure('has 10 bytes, not 8')],
  [
    'a watermark that is NaN',
    (client) => void client.element(0, { kind: 'watermark', timestampMs: Number.NaN }),
    failure('its watermark is NaN'),
  ],
  [
    'a barrier of another attempt',
    (client) => void client.element(0, { kind: 'barrier', epoch: 6n, checkpointId: 1n, triggeredAtMs: 0 }),
    failure('a barrier of epoch 6, not 7'),
  ],
  ['rows without keys', (client) => void client.element(0, new Batch([{}])), failure('has no keys')],
  [
    'rows of another subtask',
    (client) => void client.element(0, keyed(['a'])),
    failure('it sent key group 71 to the subtask of 0 to 63'),
  ],
  [
    'rows hashed otherwise',
    (client) => void client.element(0, keyed(['b'], 5)),
    failure('the key b is of key group 34, and it sent it as of 5'),
  ],
  ['a key that is none', (client) => void client.element(0, keyed([Number.NaN], 5)), { code: 'KEY_INVALID' }],
  [
    'an event time that is none',
    (client) => void client.element(0, new Batch([{}], { timestampsMs: Float64Array.of(Number.POSITIVE_INFINITY) })),
    failure('a row has the event time Infinity'),
  ],
  ['the time, unannounced', (client) => client.time(1), failure('it tells the time, and did not say so in open')],
  ['a chunk, unannounced', (client) => client.chunk(chunk), failure('it did not announce')],
  [
    'a batch that is none',
    (client) => client.raw(Uint8Array.of(1, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8)),
    { code: 'FRAME_CORRUPT' },
  ],
  [
    'more elements than may wait',
    (client) => {
      for (let sent = 0; sent <= MAX_QUEUED + 2; sent++) client.element(0, { kind: 'idle' })
    },
    failure('65536 elements wait'),
  ],
]

it.each(IN_SESSION)('refuses %s', async (_, act, expected) => {
  const stage = await served()
  const other = await stage.open({ subtask: 1, parallelism: 2 })
  await other.message(StageKind.opened)
  const client = await stage.open({ subtask: 0, parallelism: 2 })
  await client.message(StageKind.opened)
  act(client)
  await refused(stage, client, expected, other)
})

it.each([
  ['subtask 2 of 2', { subtask: 2, parallelism: 2 }, failure('subtask 2 of 2')],
  ['more subtasks than key groups', { parallelism: 129 }, failure('with 128 key groups')],
  ['an epoch that is a number', { epoch: 7 }, failure('its open is wrong (epoch)')],
  ['a negative subtask', { subtask: -1 }, failure('its open is wrong (subtask)')],
  [
    'state that no operator has',
    { restore: { chunks: 0, split: { 'gone/times': { a: 1 } }, watermarkMs: null } },
    { code: 'STATE_UNCLAIMED' },
  ],
])('opens no %s', async (_, open, expected) => {
  const stage = await served()
  await refused(stage, await stage.open(open), expected)
})

it.each([
  ['one chunk too many', [chunk, chunk], failure('a chunk more than it announced')],
  ['a chunk that was changed', [{ ...chunk, sha256: 'f00' }], failure('has not the bytes that its sha256 tells')],
  ['a chunk that lacks entries', [{ ...chunk, entries: 3 }], { code: 'STATE_CORRUPT', uid: 'deduplicate(id)' }],
  ['a chunk of other values', [{ ...chunk, codec: { name: 'x', version: 1 } }], { code: 'STATE_CODEC_MISMATCH' }],
])('restores no %s', async (_, chunks, expected) => {
  const stage = await served()
  const client = await stage.open({ restore: { chunks: 1, split: {}, watermarkMs: null } })
  for (const each of chunks) client.chunk(each)
  await refused(stage, client, expected)
})

it('sends away a host that says nothing', async () => {
  const stage = await served()
  const client = await stage.connect()
  // The other end has been accepted once a second connection is answered.
  await (await stage.open()).message(StageKind.opened)
  stage.clock.advance(10_000)
  await refused(stage, client, failure('it did not say hello in time'))
})

it('refuses what is sent without credit', async () => {
  const stage = await served({ creditBytes: 1_000 })
  const client = await stage.open()
  await client.message(StageKind.opened)
  // No output has credit, so that the stage takes the first batch and no other.
  for (let sent = 0; sent < 50; sent++) client.element(0, ordersOf(['a', 'b', `${sent}`]))
  await refused(stage, client, failure('it sent a batch or a chunk without credit'))
})

it('refuses a split that ends', async () => {
  const stage = await served({ stage: SOURCE })
  const client = await stage.open()
  client.element(3, { kind: 'end', drain: false })
  await refused(stage, client, failure('a split does not end'))
})

function failure(message: string): object {
  return { code: 'STAGE_PROTOCOL', message: expect.stringContaining(message), uid: null }
}

function keyed(keys: readonly unknown[], keyGroup?: number): Batch {
  const groups = keys.map((key) => keyGroup ?? keyGroupOf(key as string, shopPlan.keyGroups))
  return new Batch(
    keys.map((id) => ({ id })),
    { timestampsMs: new Float64Array(keys.length), keys: keys as string[], keyGroups: Uint16Array.from(groups) },
  )
}

/** The session ends, and says why; others go on, and so does the server. */
async function refused(stage: Served, client: StageClient, expected: object, other?: StageClient): Promise<void> {
  const failed = await client.message(StageKind.failed)
  expect(failed).toMatchObject(expected)
  expect(failed.stack).toBeUndefined()
  await client.message(StageKind.closed)
  expect(await client.closed).toBeUndefined()
  if (other !== undefined) {
    other.element(0, { kind: 'barrier', epoch: 7n, checkpointId: 1n, triggeredAtMs: 0 })
    await other.message(StageKind.snapshot)
  }
  await (await stage.open()).message(StageKind.opened)
  await stage.server.close()
}
