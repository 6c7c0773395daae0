import { createConnection } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { MAX_BODY_BYTES } from '../../../../runtime/control/rest/read-input.ts'
import type { Answer } from '../../../../runtime/control/rest/route.ts'
import { ROUTES, type RouteName } from '../../../../runtime/control/rest/routes.ts'
import { serveControl } from '../../../../runtime/control/rest/serve-control.ts'
import { systemClock } from '../../../../runtime/time/system-clock.ts'
import { ManualClock } from '../../../support/manual-clock.ts'
import { type RecordedLog, recordingLogger } from '../../../support/silent.ts'
import { FakeControl } from '../support/fake-control.ts'
import { type Asked, serveFake, TOKEN } from '../support/serve-fake.ts'

let served: Awaited<ReturnType<typeof serveFake>>

beforeEach(async () => {
  served = await serveFake()
})

afterEach(() => served.server.close())

const codeOf = (text: string) => JSON.parse(text).error.code

const vertex = `/jobs/orders/vertices/${encodeURIComponent('source(orders)')}`

/** A good request of every route; of some, several. */
const GOOD: Readonly<Record<RouteName, readonly (Asked & { readonly status?: number; readonly calls?: string })[]>> = {
  overview: [{ path: '/overview' }],
  shutdown: [{ method: 'DELETE', path: '/cluster', status: 204, calls: 'shutdown' }],
  jobs: [{ path: '/jobs' }],
  submit: [
    {
      method: 'POST',
      path: '/jobs',
      body: '{"file":"job.ts","parallelism":4}',
      calls: 'submit {"file":"job.ts","parallelism":4}',
    },
  ],
  job: [{ path: '/jobs/orders' }, { path: '/jobs/%6frders' }],
  cancel: [{ method: 'PATCH', path: '/jobs/orders?mode=cancel', status: 204, calls: 'cancel orders' }],
  plan: [{ path: '/jobs/orders/plan' }],
  checkpoints: [{ path: '/jobs/orders/checkpoints' }],
  checkpoint: [{ method: 'POST', path: '/jobs/orders/checkpoints', body: '', calls: 'checkpoint orders {}' }],
  savepoint: [
    { method: 'POST', path: '/jobs/orders/savepoints', body: '{}', calls: 'savepoint orders {}' },
    { method: 'POST', path: '/jobs/orders/savepoints', body: '{"async":true}', status: 202 },
  ],
  stop: [{ method: 'POST', path: '/jobs/orders/stop', body: '{"drain":true}', calls: 'stop orders {"drain":true}' }],
  rescale: [
    {
      method: 'POST',
      path: '/jobs/orders/rescaling',
      body: '{"parallelism":3}',
      headers: { 'content-type': 'application/json; charset=utf-8' },
      calls: 'rescale orders {"parallelism":3}',
    },
  ],
  exceptions: [{ path: '/jobs/orders/exceptions' }],
  metrics: [{ path: '/jobs/orders/metrics' }],
  subtasks: [{ path: `${vertex}/subtasks` }],
  backpressure: [{ path: `${vertex}/backpressure` }],
  watermarks: [{ path: `${vertex}/watermarks` }],
  logs: [{ path: '/jobs/orders/logs?tail=2' }],
  events: [{ path: '/jobs/orders/events' }],
  metricsText: [{ path: '/metrics' }],
  openApi: [{ path: '/openapi.json' }],
}

const CONTENT_TYPES: Readonly<Record<Answer['kind'], string | undefined>> = {
  json: 'application/json',
  empty: undefined,
  text: 'text/plain; version=0.0.4; charset=utf-8',
  lines: 'text/plain; charset=utf-8',
  events: 'text/event-stream',
}

describe('every route', () => {
  it.each(Object.entries(GOOD).flatMap(([name, asked]) => asked.map((each) => [name as RouteName, each] as const)))(
    '%s answers as it says: %j',
    async (name, { status = 200, calls, ...asked }) => {
      served.control.recent.end()
      const reply = await served.ask(asked)
      expect([reply.status, reply.headers['content-type']]).toEqual([status, CONTENT_TYPES[ROUTES[name].answer.kind]])
      expect(reply.headers).toMatchObject({ 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' })
      if (calls !== undefined) expect(served.control.calls).toEqual([calls])
      const { answer } = ROUTES[name] as { answer: Answer }
      if (answer.kind === 'json') {
        const json = JSON.parse(reply.text)
        // Parsing drops what a schema does not know: nothing is sent that the document does not describe.
        expect(answer.schema.parse(json)).toEqual(json)
      }
    },
  )

  it('needs the token', async () => {
    for (const asked of Object.values(GOOD).flat()) {
      const reply = await served.ask({ ...asked, headers: { authorization: undefined } })
      expect([asked.path, reply.status, codeOf(reply.text)]).toEqual([asked.path, 401, 'UNAUTHORIZED'])
    }
    expect(served.control.calls).toEqual([])
  })

  it('knows when a job is not there, and which was meant', async () => {
    for (const asked of Object.values(GOOD).flat()) {
      if (!asked.path.includes('/orders')) continue
      const reply = await served.ask({ ...asked, path: asked.path.replace('/orders', '/ordres') })
      expect([asked.path, reply.status]).toEqual([asked.path, 404])
      expect(JSON.parse(reply.text).error).toMatchObject({
        code: 'JOB_UNKNOWN',
        message: 'there is no job ordres; did you mean orders?',
        details: { job: 'ordres' },
      })
    }
  })
})

describe('what is derived', () => {
  it('backpressure per subtask and for the vertex', async () => {
    const { text } = await served.ask({ path: `${vertex}/backpressure` })
    expect(JSON.parse(text)).toMatchObject({ level: 'high', subtasks: [{ level: 'ok' }, { backpressuredRatio: 0.6 }] })
  })

  it('a vertex by the uid of any of its operators', async () => {
    const path = `/jobs/orders/vertices/${encodeURIComponent('sink(bronze.orders)')}/watermarks`
    expect(JSON.parse((await served.ask({ path })).text).watermarks.map((each: any) => each.index)).toEqual([0, 1])
    const unknown = await served.ask({ path: '/jobs/orders/vertices/sink(bronze.order)/subtasks' })
    expect(unknown.status).toBe(404)
    expect(unknown.text).toContain('did you mean sink(bronze.orders)?')
  })

  it('metrics by name, uid and subtask', async () => {
    const values = async (query: string) =>
      JSON.parse((await served.ask({ path: `/jobs/orders/metrics?${query}` })).text).metrics.map(
        (each: any) => each.value,
      )
    expect(await values('name=p_records_in_total')).toEqual([500, 500])
    expect(await values('name=p_records_out_total&subtask=1')).toEqual([490])
    expect(await values(`uid=${encodeURIComponent('source(orders)')}&subtask=0`)).toEqual([500])
    expect(await values('uid=elsewhere')).toEqual([])
  })
})

describe('who may ask', () => {
  it.each(['Bearer wrong', `Bearer ${'k'.repeat(42)}j`, `Basic ${TOKEN}`, TOKEN, ''])(
    'refuses the authorization %j',
    async (authorization) => {
      const reply = await served.ask({ path: '/overview', headers: { authorization } })
      expect([reply.status, codeOf(reply.text), reply.headers['www-authenticate']]).toEqual([
        401,
        'UNAUTHORIZED',
        'Bearer',
      ])
      expect(reply.text).not.toContain(TOKEN)
    },
  )

  it.each(['localhost', 'localhost:80', '127.0.0.1:9999', '[::1]'])('answers to the host %s', async (host) => {
    expect((await served.ask({ path: '/overview', headers: { host } })).status).toBe(200)
  })

  it.each(['evil.example', 'localhost.evil.example', 'evil.example:80'])('refuses the host %s', async (host) => {
    const reply = await served.ask({ path: '/overview', headers: { host } })
    expect([reply.status, codeOf(reply.text)]).toEqual([403, 'HOST_REFUSED'])
  })

  it.each([
    { origin: 'http://evil.example' },
    { origin: 'null' },
    { origin: 'http://localhost:1' },
    { 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'same-site' },
  ])('refuses a page from elsewhere: %j', async (headers) => {
    const reply = await served.ask({ path: '/overview', headers })
    expect([reply.status, codeOf(reply.text)]).toEqual([403, 'ORIGIN_REFUSED'])
  })

  it('lets its own pages ask', async () => {
    const headers = { origin: served.server.url, 'sec-fetch-site': 'same-origin' }
    expect((await served.ask({ path: '/overview', headers })).status).toBe(200)
  })

  it('asks for no token when it has none, and listens on this machine only then', async () => {
    const open = await serveFake({ token: undefined })
    expect((await open.ask({ path: '/overview', headers: { authorization: undefined } })).status).toBe(200)
    await open.server.close()
    for (const host of ['0.0.0.0', '::', '192.0.2.1', 'build-server']) {
      await expect(serveFake({ token: undefined, host })).rejects.toMatchObject({ code: 'REST_UNPROTECTED' })
    }
  })
})

describe('what is refused', () => {
  it.each([
    ['/', 404],
    ['/job', 404],
    ['/jobs/', 404],
    ['/jobs/orders/', 404],
    ['/jobs/orders/vertices//subtasks', 404],
    ['/jobs/%ff', 404],
    ['//jobs', 404],
    ['/jobs/../overview', 404],
  ])('GET %s: %i', async (path, status) => {
    const reply = await served.ask({ path })
    expect([reply.status, codeOf(reply.text)]).toEqual([status, 'ROUTE_UNKNOWN'])
  })

  it('other methods, saying which there are', async () => {
    const reply = await served.ask({ method: 'PUT', path: '/jobs' })
    expect([reply.status, codeOf(reply.text), reply.headers.allow]).toEqual([405, 'METHOD_NOT_ALLOWED', 'GET, POST'])
    expect((await served.ask({ method: 'OPTIONS', path: '/overview' })).status).toBe(405)
  })

  it.each([undefined, 'text/plain', 'application/x-www-form-urlencoded', 'application/jsonp'])(
    'a body of type %s',
    async (type) => {
      const headers = { 'content-type': type }
      const reply = await served.ask({ method: 'POST', path: '/jobs/orders/stop', body: '{}', headers })
      expect([reply.status, codeOf(reply.text)]).toEqual([415, 'CONTENT_TYPE_REFUSED'])
    },
  )

  it.each([
    ['/jobs', '{', 'the body is no JSON'],
    ['/jobs', '[]', 'body: '],
    ['/jobs', '{}', 'body.file: '],
    ['/jobs', '{"file":"a.ts","parallelism":0}', 'body.parallelism: '],
    ['/jobs', '{"file":"a.ts","workers":1.5}', 'body.workers: '],
    ['/jobs', '{"file":"a.ts","paralelism":2}', 'paralelism'],
    ['/jobs', '{"file":"a.ts","until":"never"}', 'body.until: '],
    ['/jobs/orders/rescaling', '{"parallelism":"4"}', 'body.parallelism: '],
    ['/jobs/orders/stop', '{"drain":1}', 'body.drain: '],
  ])('POST %s with %s', async (path, body, message) => {
    const reply = await served.ask({ method: 'POST', path, body })
    expect([reply.status, codeOf(reply.text)]).toEqual([422, 'REQUEST_INVALID'])
    expect(JSON.parse(reply.text).error.message).toContain(message)
    expect(served.control.calls).toEqual([])
  })

  it.each([
    ['PATCH', '/jobs/orders'],
    ['PATCH', '/jobs/orders?mode=stop'],
    ['GET', '/jobs/orders/logs?tail=-1'],
    ['GET', '/jobs/orders/logs?tail=many'],
    ['GET', '/jobs/orders/logs?follow=yes'],
  ])('%s %s', async (method, path) => {
    const reply = await served.ask({ method, path })
    expect([reply.status, codeOf(reply.text)]).toEqual([422, 'REQUEST_INVALID'])
  })

  it('a parallelism that the job can’t have', async () => {
    const reply = await served.ask({ method: 'POST', path: '/jobs/orders/rescaling', body: '{"parallelism":129}' })
    expect([reply.status, JSON.parse(reply.text)]).toEqual([
      422,
      {
        error: {
          code: 'PARALLELISM',
          message: 'parallelism 129 is above 128 key groups',
          fix: 'Choose 128 at most.',
          details: { parallelism: 129 },
        },
      },
    ])
  })

  it('a body that is too large, whether it says so or not', async () => {
    const body = JSON.stringify({ file: 'x'.repeat(MAX_BODY_BYTES) })
    const post = { method: 'POST', path: '/jobs', body }
    const told = await served.ask(post)
    const untold = await served.ask({ ...post, headers: { 'transfer-encoding': 'chunked' } })
    for (const reply of [told, untold]) {
      expect([reply.status, codeOf(reply.text), reply.headers.connection]).toEqual([413, 'BODY_TOO_LARGE', 'close'])
    }
    expect(served.control.calls).toEqual([])
    const most = JSON.stringify({ file: 'x'.repeat(MAX_BODY_BYTES - 11) })
    expect(Buffer.byteLength(most)).toBe(MAX_BODY_BYTES)
    expect((await served.ask({ ...post, body: most })).status).toBe(200)
  })

  it('an error nobody foresaw: 500, and logged', async () => {
    const lines: RecordedLog[] = []
    const broken = await serveFake({ logger: recordingLogger(lines) })
    broken.control.jobs = () => Promise.reject(new TypeError('password=hunter2 is no function'))
    const reply = await broken.ask({ path: '/jobs' })
    await broken.server.close()
    expect([reply.status, codeOf(reply.text)]).toEqual([500, 'INTERNAL'])
    expect(reply.text).not.toContain('hunter2')
    expect(lines).toMatchObject([{ level: 'error', fields: { event: 'rest-failed', path: '/jobs' } }])
  })

  it('what is no HTTP', async () => {
    const { hostname, port } = new URL(served.server.url)
    const socket = createConnection(Number(port), hostname)
    socket.end('nonsense\r\n\r\n')
    const text = await new Promise<string>((resolve) => {
      let all = ''
      socket.setEncoding('utf8').on('data', (chunk) => (all += chunk))
      socket.on('close', () => resolve(all))
    })
    expect(text).toMatch(/^HTTP\/1.1 400 /)
  })
})

describe('the server', () => {
  it('says which port is taken', async () => {
    const port = Number(new URL(served.server.url).port)
    await expect(serveFake({ port })).rejects.toMatchObject({
      code: 'REST_UNAVAILABLE',
      message: expect.stringContaining(String(port)),
    })
  })

  it('lets answers under way out when it closes, and takes no more', async () => {
    const gate = Promise.withResolvers<void>()
    served.control.gate = gate.promise
    const asked = served.ask({ method: 'POST', path: '/jobs/orders/stop', body: '{}' })
    await expect.poll(() => served.control.calls).toEqual(['stop orders {}'])
    const closed = served.server.close()
    await expect(served.ask({ path: '/overview' })).rejects.toMatchObject({ code: 'ECONNREFUSED' })
    gate.resolve()
    expect((await asked).status).toBe(200)
    await closed
  })

  it('is closed for good after a while, whoever waits', async () => {
    const clock = new ManualClock()
    const control = new FakeControl()
    control.gate = new Promise(() => {})
    const stuck = await serveFake({ control, clock })
    const asked = stuck.ask({ method: 'POST', path: '/jobs/orders/stop', body: '{}' })
    await expect.poll(() => control.calls).toHaveLength(1)
    const closed = stuck.server.close()
    clock.advance(60_000)
    await expect(asked).rejects.toThrow()
    await closed
  })

  it('serves an IPv6 address too', async () => {
    const six = await serveControl({
      control: served.control,
      host: '::1',
      port: 0,
      token: undefined,
      metricsText: async () => '',
      version: '0',
      clock: systemClock,
      logger: recordingLogger(),
    }).catch(() => undefined)
    // A machine without IPv6 has nothing to show here.
    if (six === undefined) return
    expect(six.url).toMatch(/^http:\/\/\[::1\]:\d+$/)
    await six.close()
  })
})
