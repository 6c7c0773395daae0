/** The web-access job: what becomes of each kind of line. */
import { describe, expect, it } from 'vitest'
import job from '../../../jobs/web-access/job.ts'
import { simulateAccess } from '../../../jobs/web-access/simulate.ts'
import { testTopology } from '../../../runtime/testing/index.ts'
import { compile } from '../../../topology/plan/compile.ts'
import { simulation } from './golden.ts'

async function run(lines: readonly string[]) {
  const test = await testTopology(job)
  test.source('web-access').raw(lines.map((value) => ({ value })))
  return test.end()
}

const line = (change: Readonly<Record<string, unknown>> = {}) =>
  JSON.stringify({
    at: '2026-01-01T08:15:00Z',
    client_ip: '203.0.113.7',
    method: 'GET',
    path: '/orders/17/items/4?ref=mail',
    status: 200,
    size_bytes: 512,
    duration_ms: 31,
    user_agent: 'Googlebot/2.1',
    upstream: 'app-1',
    ...change,
  })

describe('the web-access job', () => {
  it('has a plan without warnings and without keyed state', () => {
    const plan = compile(job)
    expect(plan.warnings).toEqual([])
    expect(plan.stages).toHaveLength(1)
    expect(plan.nodes.filter((node) => node.stateful).map((node) => node.kind)).toEqual([
      'source',
      'sink',
      'sink',
      'sink',
    ])
  })

  it('keeps what a request was, and not who sent it', async () => {
    const test = await run([line(), line({ client_ip: '2001:db8:17::5', size_bytes: null, user_agent: null })])
    expect(test.output('web.requests').rows).toEqual([
      {
        requested_at: 1_767_255_300_000_000n,
        network: '203.0.113',
        method: 'GET',
        route: '/orders/:id/items/:id',
        status: 200,
        size_bytes: 512n,
        duration_ms: 31,
        is_bot: true,
        source_partition: 0,
        source_offset: 0n,
      },
      expect.objectContaining({ network: '2001:db8:17', size_bytes: 0n, is_bot: false, source_offset: 1n }),
    ])
  })

  it('sorts out failures, probes of the load balancer, and what is no request', async () => {
    const test = await run([
      line({ status: 503 }),
      line({ path: '/healthz' }),
      line({ method: 'BREW' }),
      line({ status: 0 }),
      '{"at":"2026-01-01T08:1',
      line({ client_ip: null }),
    ])
    expect(test.output('web.requests').rows).toEqual([])
    expect(test.output('web.failures').rows).toMatchObject([{ status: 503 }])
    expect(
      test
        .output('web.refused')
        .rows.map(({ source_offset, rule }) => `${source_offset} ${rule}`)
        .sort(),
    ).toEqual(['2 one_of(method)', '3 range(status)', '4 json', '5 schema'])
  })

  it('loses no line of a simulated server', async () => {
    const lines = [...simulateAccess(simulation)]
    const test = await run(lines)
    const places = (['web.requests', 'web.failures', 'web.refused'] as const).map(
      (table) => test.output(table).rows.length,
    )
    expect(places.every((count) => count > 0)).toBe(true)
    expect(places.reduce((sum, count) => sum + count)).toBe(lines.length - lines.filter(isProbe).length)
  })
})

/** Dirt is refused whatever its path. */
function isProbe(line: string): boolean {
  return /"method":"(?!BREW).*"path":"\/healthz","status":[1-9].*\}$/.test(line)
}
