import { request } from 'node:http'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createMetrics } from '../../../runtime/observability/metrics.ts'
import { type MetricsServer, serveMetrics } from '../../../runtime/observability/metrics-server.ts'

const metrics = createMetrics({ prefix: 'p_', clock: { nowMs: () => 0, monotonicMs: () => 0 } })
let server: MetricsServer

beforeEach(async () => {
  server = await serveMetrics({ metrics, host: '127.0.0.1', port: 0 })
})

afterEach(() => server.close())

function ask(options: { method?: string; path?: string; host?: string }): Promise<{ status: number; text: string }> {
  const { hostname, port } = new URL(server.url)
  return new Promise((resolve, reject) => {
    request(
      {
        hostname,
        port,
        method: options.method ?? 'GET',
        path: options.path ?? '/metrics',
        headers: { host: options.host ?? `${hostname}:${port}` },
      },
      (response) => {
        let text = ''
        response.setEncoding('utf8')
        response.on('data', (chunk) => (text += chunk))
        response.on('end', () => resolve({ status: response.statusCode!, text }))
      },
    )
      .on('error', reject)
      .end()
  })
}

describe('serveMetrics', () => {
  it('answers GET /metrics', async () => {
    metrics.scope({ job: 'j' }).counter('duplicates_total').add(1)
    expect(await ask({})).toEqual({ status: 200, text: expect.stringContaining('p_duplicates_total{job="j"} 1') })
  })

  it.each(['localhost', 'localhost:9464', '127.0.0.1', '[::1]:80'])('answers to the host %s', async (host) => {
    expect((await ask({ host })).status).toBe(200)
  })

  it.each(['evil.example', 'evil.example:9464', 'localhost.evil.example'])('refuses the host %j', async (host) => {
    expect((await ask({ host })).status).toBe(403)
  })

  it('refuses other methods and paths', async () => {
    expect((await ask({ method: 'POST' })).status).toBe(405)
    expect((await ask({ path: '/' })).status).toBe(404)
  })

  it('says which port is taken', async () => {
    const port = Number(new URL(server.url).port)
    await expect(serveMetrics({ metrics, host: '127.0.0.1', port })).rejects.toMatchObject({
      code: 'METRICS_PORT_UNAVAILABLE',
      message: expect.stringContaining(String(port)),
    })
  })
})
