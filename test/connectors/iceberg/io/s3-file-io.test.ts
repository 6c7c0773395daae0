/** Files on S3, against a server that loses replies, fails and falls silent; the real one is in test/integration/s3/. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { S3FileIO, type S3FileIOOptions } from '../../../../connectors/iceberg/io/s3-file-io.ts'
import { seededRandom } from '../../../../jobs/medallion/simulator/random.ts'
import { systemClock } from '../../../../runtime/time/system-clock.ts'
import type { Clock } from '../../../../topology/contract/clock.ts'
import { fileIOConformance } from '../../../conformance/file-io.ts'
import { FRESH_SEED, scale } from '../../../support/scale.ts'
import { type FakeS3, type Fault, startFakeS3 } from './support/fake-s3.ts'

let server: FakeS3
let delaysMs: number[]
let opened: S3FileIO[]

beforeEach(async () => {
  server = await startFakeS3('bucket')
  delaysMs = []
  opened = []
})

afterEach(async () => {
  for (const files of opened) await files.close()
  await server[Symbol.asyncDispose]()
})

/** Every wait is over at once, and noted. */
const impatient: Clock = {
  nowMs: () => 0,
  monotonicMs: () => 0,
  schedule(delayMs, callback) {
    delaysMs.push(delayMs)
    queueMicrotask(callback)
    return { [Symbol.dispose]() {} }
  },
  turn: systemClock.turn,
}

function open(options: Partial<S3FileIOOptions> = {}): S3FileIO {
  const files = new S3FileIO({ ...server.settings, clock: impatient, random: () => 1, ...options })
  opened.push(files)
  return files
}

/** The first requests that `which` matches meet the faults, one each. */
function failing(which: RegExp, ...faults: readonly Fault[]): void {
  const left = [...faults]
  server.fault = (request) => (which.test(request) ? left.shift() : undefined)
}

const bytesOf = (text: string) => new TextEncoder().encode(text)
const textOf = (bytes: Uint8Array) => Buffer.from(bytes).toString()
const at = (name: string) => `s3://bucket/${name}`

const LOST_REPLY: Fault = { applied: true, reply: 'cut' }
const LOST_REQUEST: Fault = { applied: false, reply: 'cut' }
const FAILED_AFTER: Fault = { applied: true, reply: '500 InternalError' }
const SLOW_DOWN: Fault = { applied: false, reply: '503 SlowDown' }
const CONFLICT: Fault = { applied: false, reply: '409 ConditionalRequestConflict' }

describe('conformance', () => {
  it.each(fileIOConformance)('$name', async ({ run }) => {
    await run({ files: open(), root: 's3://bucket/a/case', many: 50 })
  })
})

describe('a create', () => {
  const UNKNOWN = { 'a lost reply': LOST_REPLY, 'a lost request': LOST_REQUEST, 'a 500 after the fact': FAILED_AFTER }

  it.each([...Object.entries(UNKNOWN), ['a conflict', CONFLICT], ['a 503', SLOW_DOWN]] as const)(
    'is true after %s when the object is its own',
    async (_name, fault) => {
      failing(/^PUT/, fault, fault)
      expect(await open().create(at('file'), bytesOf('mine'))).toBe(true)
      expect(textOf(await open().read(at('file')))).toBe('mine')
    },
  )

  it.each(Object.entries(UNKNOWN))(
    'is false after %s when the object is another’s, of the same bytes',
    async (_, fault) => {
      await open().create(at('file'), bytesOf('the same'))
      failing(/^PUT/, fault)
      expect(await open().create(at('file'), bytesOf('the same'))).toBe(false)
    },
  )

  it('finds its own object although the look is lost as well', async () => {
    const [put, head] = [[LOST_REPLY, LOST_REPLY], [LOST_REPLY]]
    server.fault = (request) => (request.startsWith('PUT') ? put : request.startsWith('HEAD') ? head : []).shift()
    expect(await open().create(at('file'), bytesOf('mine'))).toBe(true)
  })

  it('that another wins in between is false', async () => {
    const rival = open()
    failing(/^PUT/, LOST_REQUEST)
    const slow = open({
      clock: {
        ...impatient,
        schedule(_delayMs, callback) {
          void rival.create(at('file'), bytesOf('rival')).then(callback)
          return { [Symbol.dispose]() {} }
        },
      },
    })
    expect(await slow.create(at('file'), bytesOf('mine'))).toBe(false)
    expect(textOf(await rival.read(at('file')))).toBe('rival')
  })

  it('is refused on a store that ignores If-None-Match', async () => {
    server.conditional = false
    await expect(open().create(at('file'), bytesOf('x'))).rejects.toMatchObject({ code: 'CONDITIONAL_PUT_UNSUPPORTED' })
  })

  it('asks a store once whether it heeds If-None-Match', async () => {
    const files = open()
    for (const name of ['a', 'b', 'c']) await files.create(at(name), bytesOf('x'))
    expect(server.requests).toHaveLength(4)
  })

  it(`is true for one at most, and for who says so, whatever goes wrong (seed ${FRESH_SEED})`, async () => {
    const random = seededRandom(`s3/${FRESH_SEED}`)
    const faults = [LOST_REPLY, LOST_REQUEST, FAILED_AFTER, SLOW_DOWN, CONFLICT]
    server.fault = () => (random() < 0.4 ? faults[Math.floor(random() * faults.length)] : undefined)
    const rounds = scale(500, 20)
    const rivals = Array.from({ length: 4 }, () => open())
    let undecided = 0
    for (let round = 0; round < rounds; round++) {
      // Two of them bring the same bytes.
      const outcomes = await Promise.allSettled(
        rivals.map((files, rival) => files.create(at(`${round}`), bytesOf(`${rival % 3}`))),
      )
      const winners = outcomes.flatMap((outcome, rival) =>
        outcome.status === 'fulfilled' && outcome.value ? [String(rival % 3)] : [],
      )
      const failures = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason.code] : []))
      expect(new Set(failures).difference(new Set(['STORE_UNAVAILABLE'])).size).toBe(0)
      expect(winners.length).toBeLessThanOrEqual(1)
      if (failures.length === 0) expect(winners).toEqual([String(server.objects.get(`bucket/${round}`)?.bytes)])
      undecided += failures.length
    }
    expect(undecided).toBeLessThan(rounds)
  })
})

describe('requests', () => {
  it('are tried again with growing waits, and no more often than told', async () => {
    failing(/./, ...Array.from({ length: 20 }, () => SLOW_DOWN))
    const files = open({ retries: 4, backoffMs: 100, maxBackoffMs: 500, random: () => 0.5 })
    await expect(files.read(at('file'))).rejects.toMatchObject({
      code: 'STORE_UNAVAILABLE',
      message: `cannot read ${at('file')}: SlowDown: SlowDown it is (503)`,
    })
    expect(server.requests).toHaveLength(5)
    expect(delaysMs).toEqual([50, 100, 200, 250])
  })

  it('of every kind survive a store that fails now and then', async () => {
    const files = open()
    let requests = 0
    server.fault = () => [LOST_REPLY, SLOW_DOWN, undefined][requests++ % 3]
    await files.write(at('file'), bytesOf('0123456789'))
    expect(textOf(await files.read(at('file'), { start: 2, end: 4 }))).toBe('23')
    expect(await Array.fromAsync(files.list(at('')))).toEqual([
      { location: at('file'), sizeBytes: 10, modifiedMs: Date.UTC(2026, 10, 23) },
    ])
    await files.delete(at('file'))
    expect(server.objects.size).toBe(0)
  })

  it('do not take half a reply for a whole one', async () => {
    const files = open()
    await files.write(at('file'), new Uint8Array(1_000_000).fill(7))
    failing(/^GET/, { applied: true, reply: 'cut half-way' })
    expect(await files.read(at('file'))).toHaveLength(1_000_000)
    expect(server.requests.filter((request) => request.startsWith('GET'))).toHaveLength(2)
  })

  it.each(['silent', 'silent half-way'] as const)('do not wait for ever on a store that is %s', async (reply) => {
    const files = open({ timeoutMs: 200 })
    failing(/^PUT/, { applied: true, reply: 'silent' })
    expect(await files.create(at('file'), bytesOf('mine'))).toBe(true)
    failing(/^GET/, { applied: true, reply })
    expect(textOf(await files.read(at('file')))).toBe('mine')
    server.fault = () => ({ applied: true, reply })
    const resigned = open({ timeoutMs: 200, retries: 1 })
    await expect(resigned.read(at('file'))).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
  })

  it('say that nobody listens', async () => {
    const files = open({ endpoint: 'http://127.0.0.1:1', retries: 1 })
    await expect(files.read(at('file'))).rejects.toMatchObject({
      code: 'STORE_UNAVAILABLE',
      message: expect.stringContaining('ECONNREFUSED'),
      fix: expect.stringContaining('S3_ENDPOINT'),
    })
    expect(delaysMs).toHaveLength(1)
  })
})

describe('refusals are final, and say what to do:', () => {
  it.each([
    ['403 AccessDenied', 'FILE_ACCESS_DENIED', 's3:PutObject'],
    ['403 InvalidAccessKeyId', 'FILE_ACCESS_DENIED', 'S3_ACCESS_KEY_ID'],
    ['301 PermanentRedirect', 'FILE_IO', 'S3_REGION'],
    ['400 InvalidRequest', 'FILE_IO', 'runtime config'],
    ['501 NotImplemented', 'FILE_IO', 'runtime config'],
  ] as const)('%s is %s', async (reply, code, fix) => {
    failing(/./, { applied: false, reply })
    await expect(open().create(at('file'), bytesOf('x'))).rejects.toMatchObject({
      code,
      fix: expect.stringContaining(fix),
      details: { location: at('file') },
    })
    expect(server.requests).toHaveLength(1)
  })

  it('a bucket that is not there', async () => {
    const gone = { code: 'BUCKET_NOT_FOUND', fix: 'Create the bucket, or name another one.' }
    const files = open()
    await expect(files.create('s3://nowhere/file', bytesOf('x'))).rejects.toMatchObject(gone)
    await expect(files.read('s3://nowhere/file')).rejects.toMatchObject(gone)
    await expect(Array.fromAsync(files.list('s3://nowhere/'))).rejects.toMatchObject(gone)
  })

  it('a location of another kind', async () => {
    await expect(open().read('file:///tmp/x')).rejects.toMatchObject({ code: 'LOCATION_INVALID' })
    await expect(open().write('s3://bucket', bytesOf('x'))).rejects.toMatchObject({ code: 'LOCATION_INVALID' })
  })
})
