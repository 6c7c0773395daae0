import { describe, expect, onTestFinished, test } from 'vitest'
import { z } from 'zod'
import { openHttpEndpoints } from '../../../connectors/http/http.ts'
import type { WebhookSettings } from '../../../connectors/http/settings.ts'
import { openWebhook } from '../../../connectors/http/webhook-server.ts'
import { webhook } from '../../../topology/http.ts'
import { sourceConformance } from '../../conformance/source.ts'
import { type RecordedLog, recordingLogger } from '../../support/silent.ts'
import { bytes, readerContext, temporaryLog, text } from '../log/setup.ts'

const Order = z.object({ id: z.number() })

describe('a webhook as a source', () => {
  test.each(sourceConformance)('$name', async ({ run }) => {
    const { log, clock } = temporaryLog()
    await log.ensureTopic('orders', { partitions: 3 })
    const endpoints = openHttpEndpoints({
      topics: log,
      files: undefined as never,
      outbox: '',
      env: {},
      clock,
      random: Math.random,
    })
    await run({
      source: endpoints.source(webhook('orders', Order, { port: 0 })),
      // Not the subtask that listens: the list opens readers without closing them.
      context: { ...readerContext(clock), subtask: 1 },
      append: async (partition, values, timestampMs) => {
        const records = values.map((value) => ({ key: null, value: bytes(value), partition }))
        await log.append(
          'orders',
          timestampMs === undefined ? records : records.map((r) => ({ ...r, timestampMs })),
          'all',
        )
      },
      advanceMs: (durationMs) => clock.advance(durationMs),
    })
  })

  test('reads what was posted to it', async () => {
    const { log, clock } = temporaryLog()
    const endpoints = openHttpEndpoints({
      topics: log,
      files: undefined as never,
      outbox: '',
      env: { TOKEN: 'hidden' },
      clock,
      random: Math.random,
    })
    const source = endpoints.source(webhook('orders', Order, { port: 0, tokenVariable: 'TOKEN' }))
    const splits = await source.discoverSplits({})
    const lines: RecordedLog[] = []
    const reader = source.createReader({ ...readerContext(clock), logger: recordingLogger(lines) })
    onTestFinished(() => reader.close())
    await reader.assign(splits.map((split) => ({ ...split, position: split.start })))
    const address = lines[0]!.fields['address'] as string
    const post = (token: string) =>
      fetch(`${address}/orders`, {
        method: 'POST',
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/x-ndjson' },
        body: '{"id":1}\n\n{"id":2}\r\n',
      })
    expect((await post('wrong')).status).toBe(401)
    const answer = await post('hidden')
    expect([answer.status, await answer.json()]).toEqual([200, { records: 2 }])
    const read: string[] = []
    for (let batch = await reader.poll(10); batch !== undefined; batch = await reader.poll(10))
      read.push(...batch.values.map(({ value }) => text(value)))
    expect(read.sort()).toEqual(['{"id":1}', '{"id":2}'])
    expect(JSON.stringify(lines)).not.toContain('hidden')
  })
})

describe('the server', () => {
  async function open(over: Partial<WebhookSettings> = {}, append = async (_values: readonly Uint8Array[]) => {}) {
    const server = await openWebhook(
      { name: 'orders', host: '127.0.0.1', port: 0, token: undefined, bufferBytes: 100, maxBodyBytes: 60, ...over },
      append,
    )
    onTestFinished(() => server.close())
    const post = (body: string, init: RequestInit = {}, path = 'orders') =>
      fetch(`${server.origin}/${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body,
        ...init,
      })
    return { server, post }
  }

  test.each([
    ['another path', 404, {}, 'other'],
    ['another method', 405, { method: 'PUT' }, 'orders'],
    ['another type', 415, { headers: { 'content-type': 'text/plain' } }, 'orders'],
    ['too much', 413, { body: 'x'.repeat(61) }, 'orders'],
  ] as const)('refuses %s with %i', async (_what, status, init, path) => {
    const { post } = await open()
    expect((await post('{}', init, path)).status).toBe(status)
  })

  test('puts senders off while its buffer is full, and takes them again', async () => {
    const release = Promise.withResolvers<void>()
    const arrived = Promise.withResolvers<void>()
    const { post } = await open({}, () => {
      arrived.resolve()
      return release.promise
    })
    const first = post('x'.repeat(60))
    await arrived.promise
    const second = await post('x'.repeat(60))
    expect([second.status, second.headers.get('retry-after')]).toEqual([503, '1'])
    release.resolve()
    expect((await first).status).toBe(200)
    expect((await post('x'.repeat(60))).status).toBe(200)
  })

  test('puts senders off when the records can not be kept', async () => {
    const { post } = await open({}, () => Promise.reject(new Error('disk')))
    const answer = await post('{}')
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '1'])
  })

  test('a port that is taken is told', async () => {
    const { server } = await open()
    const port = Number(new URL(server.origin).port)
    await expect(open({ port })).rejects.toMatchObject({ code: 'LISTEN_FAILED' })
  })
})

test('a webhook beyond this machine needs a token', () => {
  expect(() => webhook('orders', Order, { port: 1, host: '0.0.0.0' })).toThrow(/anybody/)
  expect(() => webhook('no/path', Order, { port: 1 })).toThrow(/can't be the name/)
})
