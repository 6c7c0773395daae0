import { globSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { METRICS } from '../../../runtime/observability/metric-table.ts'
import { createMetrics } from '../../../runtime/observability/metrics.ts'

function testMetrics() {
  const clock = { now: 100_000, monotonic: 0, nowMs: () => clock.now, monotonicMs: () => clock.monotonic }
  return { clock, metrics: createMetrics({ prefix: 'dataplatform_', clock }) }
}

describe('createMetrics', () => {
  it('shows counters with help, prefix and the labels of scope and instrument', async () => {
    const { metrics } = testMetrics()
    const counter = metrics
      .scope({ job: 'j', uid: 'u', subtask: '0' })
      .counter('records_quarantined_total', { rule: 'json' })
    counter.add(2)
    counter.add(3)
    const line = 'dataplatform_records_quarantined_total{job="j",uid="u",subtask="0",rule="json"}'
    const text = await metrics.text()
    expect(text).toContain('# HELP dataplatform_records_quarantined_total Records put in quarantine, by rule.')
    expect(text).toContain('# TYPE dataplatform_records_quarantined_total counter')
    expect(text).toContain(`${line} 5\n`)
    counter.add(1)
    expect(await metrics.text()).toContain(`${line} 6\n`)
    expect(await metrics.text()).toContain(`${line} 6\n`)
  })

  it('gives the same instrument for the same name and labels', () => {
    const { metrics } = testMetrics()
    const scope = metrics.scope({ job: 'j' })
    expect(scope.counter('commits_total', { table: 't', outcome: 'committed' })).toBe(
      metrics.scope({ job: 'j' }).counter('commits_total', { outcome: 'committed', table: 't' }),
    )
    expect(scope.counter('records_in_total')).not.toBe(metrics.scope({ job: 'k' }).counter('records_in_total'))
  })

  it('derives the lag from the watermark at scrape', async () => {
    const { metrics, clock } = testMetrics()
    metrics.scope({ uid: 'u' }).gauge('watermark_ms').set(90_000)
    clock.now = 120_500
    const text = await metrics.text()
    expect(text).toContain('dataplatform_watermark_ms{uid="u"} 90000\n')
    expect(text).toContain('dataplatform_watermark_lag_seconds{uid="u"} 30.5\n')
  })

  it('shows no gauge that was never set, and infinities as Prometheus writes them', async () => {
    const { metrics } = testMetrics()
    const gauge = metrics.scope({ uid: 'u' }).gauge('watermark_ms')
    expect(await metrics.text()).not.toContain('uid="u"')
    gauge.set(Number.NEGATIVE_INFINITY)
    expect(await metrics.text()).toContain('dataplatform_watermark_ms{uid="u"} -Inf\n')
  })

  it('times what returns, throws, resolves and rejects', async () => {
    const { metrics, clock } = testMetrics()
    const scope = metrics.scope({})
    const timed = <R>(fn: () => R) => scope.timed('commit_duration_seconds', { table: 't' }, fn)
    const pass = <R>(elapsedMs: number, result: R): R => {
      clock.monotonic += elapsedMs
      return result
    }
    expect(timed(() => pass(20, 'done'))).toBe('done')
    expect(() =>
      timed(() => {
        throw new Error('no')
      }),
    ).toThrow('no')
    expect(await timed(async () => pass(2_000, 'later'))).toBe('later')
    await expect(timed(() => Promise.reject(new Error('never')))).rejects.toThrow('never')
    const text = await metrics.text()
    expect(text).toContain('dataplatform_commit_duration_seconds_count{table="t"} 4\n')
    expect(text).toContain('dataplatform_commit_duration_seconds_sum{table="t"} 2.02\n')
    expect(text).toContain('dataplatform_commit_duration_seconds_bucket{le="0.025",table="t"} 3\n')
  })

  it('refuses names and labels that no table describes', () => {
    const scope = testMetrics().metrics.scope({})
    expect(() => scope.counter('record_in_total')).toThrow('did you mean records_in_total?')
    expect(() => scope.gauge('records_in_total')).toThrow('is a counter, not a gauge')
    expect(() => scope.counter('records_in_total', { topic: 't' })).toThrow('has no label "topic"')
    expect(() => scope.gauge('watermark_lag_seconds')).toThrow('is derived')
  })
})

describe('METRICS', () => {
  it('describes every metric that the sources name', () => {
    const files = globSync('{operators,connectors,runtime,jobs}/**/*.ts')
    const named = files.flatMap((file) =>
      [
        ...readFileSync(file, 'utf8').matchAll(/metrics(?:\(\w*\))?\.(?:counter|gauge|histogram|timed)\(\s*'(\w+)'/g),
      ].map((match) => match[1]!),
    )
    expect(files.length).toBeGreaterThan(5)
    expect(named.filter((name) => !(name in METRICS))).toEqual([])
  })

  it('says what each is, with its unit or _total at the end', () => {
    for (const [name, { type, help }] of Object.entries(METRICS)) {
      expect(help, name).toMatch(/^[A-Z].*\.$/)
      expect(name.endsWith('_total'), name).toBe(type === 'counter')
    }
  })
})
