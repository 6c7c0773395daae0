import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, onTestFinished, test } from 'vitest'
import { z } from 'zod'
import { deliver, type Fetch } from '../../../connectors/http/deliver.ts'
import { openHttpEndpoints } from '../../../connectors/http/http.ts'
import { memoryFiles } from '../../../connectors/memory/memory-files.ts'
import { systemClock } from '../../../runtime/time/system-clock.ts'
import { Batch } from '../../../topology/element.ts'
import { type HttpOptions, http } from '../../../topology/http.ts'
import { sinkConformance } from '../../conformance/sink.ts'
import { ManualClock } from '../../support/manual-clock.ts'
import { sinkContext } from '../file/setup.ts'

const Row = z.object({ n: z.number() })

interface Received {
  readonly key: string
  readonly headers: Readonly<Record<string, unknown>>
  readonly rows: readonly { readonly n: number }[]
}

/** A receiver that heeds the key, and answers what it is told to. */
async function receiver(answers: { readonly status: number; readonly retryAfter?: string }[] = []) {
  const received: Received[] = []
  const server = createServer((request, response) => {
    let text = ''
    request.on('data', (chunk) => {
      text += chunk
    })
    request.on('end', () => {
      const { status, retryAfter } = answers.shift() ?? { status: 200 }
      const rows = text
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line))
      if (status === 200)
        received.push({ key: request.headers['idempotency-key'] as string, headers: request.headers, rows })
      response.writeHead(status, retryAfter === undefined ? {} : { 'retry-after': retryAfter }).end()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/rows?secret=in-the-query`
  const once = () => [...new Map(received.map((each) => [each.key, each])).values()]
  return { url, received, numbers: () => once().flatMap(({ rows }) => rows.map(({ n }) => n)) }
}

function sinkTo(url: string, options: HttpOptions = {}, files = memoryFiles()) {
  const endpoints = openHttpEndpoints({
    topics: undefined as never,
    files,
    outbox: 'memory:///outbox',
    env: { PARTNER: 'Bearer hidden' },
    clock: systemClock,
    random: () => 1,
  })
  return endpoints.sink(http(url, Row, options))
}

async function sendOne(sink: ReturnType<typeof sinkTo>, rows: readonly number[], context = sinkContext()) {
  const committer = await sink.createCommitter(context)
  await committer.fence({ epoch: 1n, restored: undefined, allowRewind: false })
  const writer = await sink.createWriter(context)
  await writer.write(new Batch(rows.map((n) => ({ n }))))
  const committables = await writer.prepareCommit(3n)
  await committer.commit({ epoch: 1n, checkpointEpoch: 1n, checkpointId: 3n, watermarkMs: undefined, committables })
}

describe('posting to a receiver that heeds the key', () => {
  test.each(sinkConformance)('$name', async ({ run }) => {
    const { url, numbers } = await receiver()
    const files = memoryFiles()
    await run({
      open: () => sinkTo(url, {}, files),
      row: (n) => ({ n }),
      visible: async () => numbers(),
      canRewind: false,
    })
  })

  test('sends batches of rows, each with a key of its own and the headers that variables hold', async () => {
    const { url, received } = await receiver()
    await sendOne(sinkTo(url, { batchRows: 2, headerVariables: { authorization: 'PARTNER' } }), [1, 2, 3])
    expect(received.map(({ key, rows }) => [key, rows])).toEqual([
      ['job/sink(test)/1/3/0/0', [{ n: 1 }, { n: 2 }]],
      ['job/sink(test)/1/3/0/1', [{ n: 3 }]],
    ])
    expect(received[0]!.headers).toMatchObject({
      authorization: 'Bearer hidden',
      'content-type': 'application/x-ndjson',
    })
  })

  test('sends again what was not taken', async () => {
    const { url, received } = await receiver([
      { status: 503, retryAfter: '0' },
      { status: 429, retryAfter: '0' },
    ])
    await sendOne(sinkTo(url), [1])
    expect(received).toHaveLength(1)
  })

  test('sends again after a crash what may have arrived, with the same key', async () => {
    const { url, received } = await receiver()
    const files = memoryFiles()
    const undeletable = { ...files, delete: () => Promise.reject(new Error('crash')) }
    const context = sinkContext()
    const sink = sinkTo(url, {}, undeletable as typeof files)
    const committer = await sink.createCommitter(context)
    await committer.fence({ epoch: 1n, restored: undefined, allowRewind: false })
    const writer = await sink.createWriter(context)
    await writer.write(new Batch([{ n: 1 }]))
    const request = {
      checkpointEpoch: 1n,
      checkpointId: 1n,
      watermarkMs: undefined,
      committables: await writer.prepareCommit(1n),
    }
    await expect(committer.commit({ ...request, epoch: 1n })).rejects.toThrow('crash')
    const next = await sinkTo(url, {}, files).createCommitter(context)
    await next.fence({ epoch: 2n, restored: { ...request, epoch: 2n }, allowRewind: false })
    expect(received.map(({ key }) => key)).toEqual(new Array(2).fill('job/sink(test)/1/1/0/0'))
  })
})

describe('a batch that is refused', () => {
  test('fails the job, naming no more than the origin', async () => {
    const { url } = await receiver([{ status: 422 }])
    const failure = sendOne(sinkTo(url), [1])
    await expect(failure).rejects.toMatchObject({ code: 'DELIVERY_REFUSED' })
    await expect(failure).rejects.not.toThrow(/secret/)
  })

  test('or is kept aside', async () => {
    const { url, numbers } = await receiver([{ status: 422 }])
    const files = memoryFiles()
    await sendOne(sinkTo(url, { onRefused: 'quarantine', batchRows: 1 }, files), [1, 2])
    expect(numbers()).toEqual([2])
    const kept = [...files.contents].filter(([location]) => location.includes('/refused/'))
    expect(kept.map(([, bytes]) => new TextDecoder().decode(bytes))).toEqual(['{"n":1}\n'])
  })
})

describe('deliver', () => {
  const settings = {
    name: 's',
    url: 'http://x/',
    headers: {},
    batchRows: 1,
    onRefused: 'fail',
    retryForMs: 60_000,
    timeoutMs: 1_000,
  } as const
  const delivery = { body: new Uint8Array([1]), idempotencyKey: 'k' }

  /** Moves time to every timer that is set, and notes how long they were. */
  function hurriedClock() {
    const waits: number[] = []
    const clock = new ManualClock()
    const schedule = clock.schedule.bind(clock)
    clock.schedule = (delayMs, callback) => {
      const timer = schedule(delayMs, callback)
      if (delayMs !== settings.timeoutMs) {
        waits.push(delayMs)
        setImmediate(() => clock.advance(delayMs))
      }
      return timer
    }
    return { clock, waits }
  }

  test('waits longer each time, as chance has it, and gives up in the end', async () => {
    const { clock, waits } = hurriedClock()
    const fetch: Fetch = async () => new Response(null, { status: 500 })
    const failure = deliver(delivery, { settings, fetch, clock, random: () => 0.5 })
    await expect(failure).rejects.toMatchObject({ code: 'DELIVERY_FAILED' })
    expect(waits.slice(0, 4)).toEqual([150, 300, 600, 1_200])
    expect(Math.max(...waits)).toBeLessThanOrEqual(30_000)
    expect(waits.reduce((sum, each) => sum + each, 0)).toBeLessThanOrEqual(60_000)
  })

  test('waits as long as it is asked to: seconds, or until a date', async () => {
    const { clock, waits } = hurriedClock()
    const answers = ['7', new Date(clock.nowMs() + 10_000).toUTCString()]
    const fetch: Fetch = async () => {
      const retryAfter = answers.shift()
      return retryAfter === undefined
        ? new Response()
        : new Response(null, { status: 503, headers: { 'retry-after': retryAfter } })
    }
    expect(await deliver(delivery, { settings, fetch, clock, random: () => 0 })).toEqual({ type: 'delivered' })
    expect(waits).toEqual([7_000, 3_000])
  })
})

test('a secret that is not set is named by its variable', () => {
  expect(() => sinkTo('http://127.0.0.1/', { headerVariables: { authorization: 'NOT_SET' } })).toThrow(/NOT_SET/)
  expect(() => http('http://user:pass@127.0.0.1/', Row)).toThrow(/no address/)
})
