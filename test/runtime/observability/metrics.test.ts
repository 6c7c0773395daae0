import { globSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { METRICS, type MetricDefinition } from '../../../runtime/observability/metric-table.ts'
import { createMetrics } from '../../../runtime/observability/metrics.ts'
import { parsePrometheus } from '../../support/prometheus.ts'

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
    expect(scope.counter('num_records_in_total')).not.toBe(metrics.scope({ job: 'k' }).counter('num_records_in_total'))
  })

  it('derives the lag from the watermark at scrape', async () => {
    const { metrics, clock } = testMetrics()
    metrics.scope({ uid: 'u' }).gauge('current_output_watermark_ms').set(90_000)
    clock.now = 120_500
    const text = await metrics.text()
    expect(text).toContain('dataplatform_current_output_watermark_ms{uid="u"} 90000\n')
    expect(text).toContain('dataplatform_watermark_lag_ms{uid="u"} 30500\n')
  })

  it('shows no gauge that was never set, nor one that has no value any more', async () => {
    const { metrics } = testMetrics()
    const gauge = metrics.scope({ uid: 'u' }).gauge('current_output_watermark_ms')
    expect(await metrics.text()).not.toContain('uid="u"')
    for (const none of [Number.NaN, Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY]) {
      gauge.set(5)
      expect(await metrics.text()).toContain('dataplatform_current_output_watermark_ms{uid="u"} 5\n')
      gauge.set(none)
      expect(await metrics.text()).not.toContain('uid="u"')
    }
  })

  it('shows what is measured elsewhere with its own, each family once and equal labels summed', async () => {
    const { metrics } = testMetrics()
    const workers = [testMetrics().metrics, testMetrics().metrics]
    const labels = { job: 'j', uid: 'u', subtask: '0' }
    for (const each of [metrics, ...workers]) {
      each.scope({ job: 'j' }).counter('commit_retries_total', { table: 't' }).add(1)
      each.scope(labels).histogram('checkpoint_duration_seconds').observe(0.02)
    }
    workers[0]!.scope(labels).counter('num_records_in_total').add(3)
    workers[1]!.scope(labels).counter('num_records_in_total').add(4)
    workers[1]!
      .scope({ ...labels, subtask: '1' })
      .counter('num_records_in_total')
      .add(5)
    workers[1]!
      .scope({ ...labels, job: 'other' })
      .counter('num_records_in_total')
      .add(9)
    metrics.include(async () =>
      // As they come over a connection.
      JSON.parse(JSON.stringify(await Promise.all(workers.map((worker) => worker.snapshot())))),
    )
    const shown = parsePrometheus(await metrics.text())
    expect(shown.get('dataplatform_num_records_in_total')).toEqual({
      type: 'counter',
      help: expect.stringMatching(/^Records/),
      samples: [
        { name: 'dataplatform_num_records_in_total', labels: { job: 'j', uid: 'u', subtask: '0' }, value: 7 },
        { name: 'dataplatform_num_records_in_total', labels: { job: 'j', uid: 'u', subtask: '1' }, value: 5 },
        { name: 'dataplatform_num_records_in_total', labels: { job: 'other', uid: 'u', subtask: '0' }, value: 9 },
      ],
    })
    expect(shown.get('dataplatform_commit_retries_total')!.samples.map(({ value }) => value)).toEqual([3])
    const duration = shown.get('dataplatform_checkpoint_duration_seconds')!.samples
    expect(duration.find(({ labels }) => labels['le'] === '+Inf')!.value).toBe(3)
    expect(duration.find(({ labels }) => labels['le'] === '0.01')!.value).toBe(0)
    expect(duration.find(({ name }) => name.endsWith('_sum'))!.value).toBeCloseTo(0.06)

    const values = await metrics.values('j')
    expect(values).toContainEqual({
      name: 'dataplatform_num_records_in_total',
      labels: { uid: 'u', subtask: '0' },
      value: 7,
    })
    expect(values).toContainEqual({
      name: 'dataplatform_checkpoint_duration_seconds_bucket',
      labels: { uid: 'u', subtask: '0', le: '0.025' },
      value: 3,
    })
    expect(values.map(({ value }) => value)).not.toContain(9)
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
    expect(() => scope.counter('record_in_total')).toThrow('did you mean num_records_in_total?')
    expect(() => scope.gauge('num_records_in_total')).toThrow('is a counter, not a gauge')
    expect(() => scope.counter('num_records_in_total', { topic: 't' })).toThrow('has no label "topic"')
    expect(() => scope.gauge('watermark_lag_ms')).toThrow('is derived')
  })
})

describe('METRICS', () => {
  it('describes every metric that the sources name', () => {
    const files = globSync('{topology,operators,connectors,runtime,jobs}/**/*.ts')
    const named = files.flatMap((file) =>
      [
        ...readFileSync(file, 'utf8').matchAll(/metrics(?:\(\w*\))?\.(?:counter|gauge|histogram|timed)\(\s*'(\w+)'/g),
      ].map((match) => match[1]!),
    )
    expect(files.length).toBeGreaterThan(5)
    expect(named.filter((name) => !(name in METRICS))).toEqual([])
  })

  it("has Flink's names in snake case, with the unit or _total last", () => {
    const named = Object.entries<MetricDefinition>(METRICS).filter(([, { flink }]) => flink !== undefined)
    expect(named.length).toBeGreaterThan(20)
    for (const [name, { flink }] of named) {
      const words = flink!.replace(/Nanos$/, '').replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
      expect(name.replace(/_total$/, '').replace(/_(ms|bytes)$/, ''), name).toBe(words.replace(/_ms$/, ''))
    }
  })

  it('says what each is, with its unit or _total at the end', () => {
    for (const [name, { type, help }] of Object.entries(METRICS)) {
      expect(help, name).toMatch(/^[A-Z].*\.$/)
      expect(name.endsWith('_total'), name).toBe(type === 'counter')
    }
  })
})
