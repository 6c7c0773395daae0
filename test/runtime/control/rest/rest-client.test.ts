import { createServer, type Server } from 'node:http'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { RestClient } from '../../../../runtime/control/rest/rest-client.ts'
import { listen } from '../../../../runtime/http/listen.ts'
import type { NumberedJobEvent } from '../../../../topology/contract/job-detail.ts'
import { SluiceError } from '../../../../topology/errors.ts'
import { serveFake, TOKEN } from '../support/serve-fake.ts'

let served: Awaited<ReturnType<typeof serveFake>>
let client: RestClient

beforeEach(async () => {
  served = await serveFake()
  client = new RestClient({ url: served.server.url, token: TOKEN })
})

afterEach(() => served.server.close())

describe('the client', () => {
  it('answers as the coordinator itself', async () => {
    const { control } = served
    for (const name of [
      'job',
      'plan',
      'checkpoints',
      'exceptions',
      'metrics',
      'savepoint',
      'checkpoint',
      'stop',
    ] as const) {
      expect(await client[name]('orders'), name).toEqual(await control[name]('orders'))
    }
    expect(await client.overview()).toEqual(await control.overview())
    expect(await client.jobs()).toEqual(await control.jobs())
    expect(await client.submit({ file: 'a.ts' })).toEqual(await control.submit({ file: 'a.ts' }))
    expect(await client.subtasks('orders', 'source(orders)')).toEqual(
      await control.subtasks('orders', 'source(orders)'),
    )
    expect(await client.rescale('orders', { parallelism: 3 })).toEqual(
      await control.rescale('orders', { parallelism: 3 }),
    )
    expect(await client.cancel('orders')).toBeUndefined()
    expect(await client.shutdown()).toBeUndefined()
    expect(await client.metricsText()).toBe('p_x 1\n')
  })

  it('passes on what it is asked for', async () => {
    await client.stop('orders', { drain: true })
    await client.savepoint('orders', { async: true })
    await client.cancel('orders')
    expect(served.control.calls).toEqual([
      'stop orders {"drain":true}',
      'savepoint orders {"async":true}',
      'cancel orders',
    ])
  })

  it('encodes ids and uids, whatever they hold', async () => {
    for (const uid of ['a/b', 'a?b=c#d', '../../jobs', '%2e', 'ä · 日本']) {
      await expect(client.subtasks('orders', uid)).rejects.toMatchObject({ code: 'VERTEX_UNKNOWN', details: { uid } })
    }
  })

  it('gives errors back as they were', async () => {
    const error: unknown = await client.job('ordrs').catch((caught: unknown) => caught)
    expect(error).toBeInstanceOf(SluiceError)
    expect(error).toMatchObject({
      code: 'JOB_UNKNOWN',
      message: 'there is no job ordrs; did you mean orders?',
      fix: '`runtime list` shows the jobs there are.',
      details: { job: 'ordrs' },
    })
    await expect(client.events('ordrs')).rejects.toMatchObject({ code: 'JOB_UNKNOWN' })
    await expect(client.logs('ordrs')).rejects.toMatchObject({ code: 'JOB_UNKNOWN' })
    const stranger = new RestClient({ url: served.server.url, token: undefined })
    await expect(stranger.overview()).rejects.toMatchObject({ code: 'UNAUTHORIZED' })
  })

  it('says when nobody answers', async () => {
    await served.server.close()
    await expect(client.jobs()).rejects.toMatchObject({
      code: 'COORDINATOR_UNREACHABLE',
      message: expect.stringContaining(served.server.url),
    })
  })

  it('ends with the signal it was given', async () => {
    const controller = new AbortController()
    const aborted = new RestClient({ url: served.server.url, token: TOKEN, signal: controller.signal })
    served.control.gate = new Promise(() => {})
    const stopping = aborted.stop('orders')
    await expect.poll(() => served.control.calls).toHaveLength(1)
    controller.abort()
    await expect(stopping).rejects.toMatchObject({ name: 'AbortError' })
    await expect(aborted.jobs()).rejects.toMatchObject({ name: 'AbortError' })
  })

  it.each([
    [200, 'text/html', '<html>'],
    [200, 'application/json', '{}'],
    [502, 'text/plain', 'Bad Gateway'],
  ])('says when something else answers: %i %s', async (status, type, text) => {
    await using other = await answering((_request, response) =>
      response.writeHead(status, { 'content-type': type }).end(text),
    )
    await expect(new RestClient({ url: other.url, token: TOKEN }).overview()).rejects.toMatchObject({
      code: 'COORDINATOR_INCOMPATIBLE',
    })
  })

  it('says when an answer breaks off', async () => {
    await using other = await answering((_request, response) => {
      response.writeHead(200, { 'content-length': '100' }).write('{"version"')
      setImmediate(() => response.destroy())
    })
    const broken = new RestClient({ url: other.url, token: TOKEN })
    await expect(broken.overview()).rejects.toMatchObject({ code: 'COORDINATOR_UNREACHABLE' })
    const events = await broken.events('orders')
    await expect(Array.fromAsync(events)).rejects.toMatchObject({ code: 'COORDINATOR_UNREACHABLE' })
  })
})

describe('its log lines', () => {
  it('are the last ones', async () => {
    expect(await Array.fromAsync(await client.logs('orders'))).toEqual(['first', 'second', 'third'])
    expect(await Array.fromAsync(await client.logs('orders', { tail: 1 }))).toEqual(['third'])
    expect(await Array.fromAsync(await client.logs('orders', { tail: 0 }))).toEqual([])
  })

  it('come whole, empty and long ones too', async () => {
    served.control.lines = ['', 'ä日本', '', 'x'.repeat(200_000), '']
    expect(await Array.fromAsync(await client.logs('orders'))).toEqual(served.control.lines)
  })

  it('are followed until nobody wants them', async () => {
    const controller = new AbortController()
    const lines: string[] = []
    const following = (async () => {
      const options = { follow: true, signal: controller.signal }
      for await (const line of await client.logs('orders', options)) lines.push(line)
    })()
    await expect.poll(() => lines).toHaveLength(3)
    controller.abort()
    await following
  })
})

describe('its events', () => {
  const state = (atMs: number) => ({ type: 'state', atMs, state: 'RUNNING', previous: null }) as const

  it('come as they happen, and end with the job', async () => {
    const { recent } = served.control
    recent.push(state(1))
    const seen: NumberedJobEvent[] = []
    const following = (async () => {
      for await (const event of await client.events('orders')) seen.push(event)
    })()
    await expect.poll(() => seen).toHaveLength(1)
    recent.push(state(2))
    await expect.poll(() => seen).toHaveLength(2)
    recent.push(state(3))
    recent.end()
    await following
    expect(seen).toEqual([1, 2, 3].map((atMs, index) => ({ id: `fake-${index}`, event: state(atMs) })))
  })

  it('go on behind the last one seen', async () => {
    const { recent } = served.control
    for (let atMs = 0; atMs < 20; atMs++) recent.push(state(atMs))
    recent.end()
    const timesOf = async (after?: string) => {
      const events = await client.events('orders', after === undefined ? {} : { after })
      return (await Array.fromAsync(events)).map(({ event }) => event.atMs)
    }
    // The ring holds eight.
    expect(await timesOf()).toEqual([12, 13, 14, 15, 16, 17, 18, 19])
    expect(await timesOf('fake-17')).toEqual([18, 19])
    expect(await timesOf('fake-19')).toEqual([])
    expect(await timesOf('fake-3')).toHaveLength(8)
    expect(await timesOf('earlier-17')).toHaveLength(8)
    expect(await timesOf('fake-nonsense')).toHaveLength(8)
  })

  it('may be left at any time', async () => {
    served.control.recent.push(state(1))
    for await (const { event } of await client.events('orders')) {
      expect(event.atMs).toBe(1)
      break
    }
    // The server notices, so that closing it waits for nobody.
    await served.server.close()
  })

  it('stream from a server that closes: what is there still comes', async () => {
    const { recent } = served.control
    const events = await client.events('orders')
    for (let atMs = 0; atMs < 5; atMs++) recent.push(state(atMs))
    const closed = served.server.close()
    expect(await Array.fromAsync(events)).toHaveLength(5)
    await closed
  })
})

async function answering(handler: ConstructorParameters<typeof Server>[1] & {}) {
  const server = createServer(handler)
  const url = await listen(server, '127.0.0.1', 0)
  return {
    url,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
