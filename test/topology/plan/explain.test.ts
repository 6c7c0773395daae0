/** Plans of the medallion job: stages, fingerprint, lineage, and the three ways to print them. */
import { describe, expect, it } from 'vitest'
import { memorySink } from '../../../connectors/memory/memory-sink.ts'
import { memorySource } from '../../../connectors/memory/memory-source.ts'
import medallion from '../../../jobs/medallion/job.ts'
import { deduplicate, eventTime, map } from '../../../operators/index.ts'
import { hours, minutes } from '../../../topology/duration.ts'
import { compile } from '../../../topology/plan/compile.ts'
import { explainJson, explainMermaid, explainText } from '../../../topology/plan/explain.ts'
import { lineageOf } from '../../../topology/plan/lineage.ts'
import { to } from '../../../topology/to.ts'
import { topology } from '../../../topology/topology.ts'

interface Row {
  readonly id: string
  readonly at: bigint
}

function job(extra: boolean) {
  return topology('job', ({ fromSource }) => {
    const rows = fromSource<Row>('rows', () => memorySource({ splits: [] }))
    const { out } = (extra ? rows.pipe(map((row) => row)) : rows).pipe(
      eventTime('at', { outOfOrderness: minutes(1) }),
      deduplicate({ by: 'id', within: hours(1) }),
    )
    out.pipe(to(memorySink<Row>('out')))
  })
}

describe('compile', () => {
  it('cuts stages where rows change hands, and leaves out what reaches no sink', () => {
    const plan = compile(medallion)
    expect(plan.stages.map((stage) => stage.id)).toEqual([
      'source(raw-events)',
      'deduplicate(event_id)',
      'sink(quarantine.events)',
      'aggregate(day,revenue,transactions)',
    ])
    expect(plan.nodes.some((node) => node.kind === 'decode')).toBe(false)
    expect(plan.warnings).toEqual([])
  })

  it('gives stateful operators the same uid when a map is put in, and another fingerprint', () => {
    const [plain, extended] = [compile(job(false)), compile(job(true))]
    const stateful = (plan: typeof plain) => plan.nodes.filter((node) => node.stateful).map((node) => node.id)
    expect(stateful(extended)).toEqual(stateful(plain))
    expect(extended.fingerprint).not.toBe(plain.fingerprint)
    expect(compile(job(false)).fingerprint).toBe(plain.fingerprint)
  })

  it('warns of late records that go nowhere', () => {
    expect(compile(job(false)).warnings).toEqual([expect.stringContaining('"late" goes nowhere')])
  })

  it.each([
    ['NO_EVENT_TIME', () => ({ time: 'needs' as const })],
    ['UNKEYED', () => ({ key: 'needs' as const })],
  ])('refuses a graph without what an operator needs: %s', (code, needs) => {
    const built = job(false)
    const source = built.nodes[0]!
    const node = { ...built.nodes.at(-1)!, id: 'needy', ...needs(), inputs: [{ node: source, port: 'out' }] }
    expect(() => compile({ ...built, nodes: [source, node] })).toThrow(expect.objectContaining({ code }))
  })

  it.each([0, 129, 1.5])('refuses parallelism %d', (parallelism) => {
    expect(() => compile(medallion, { parallelism })).toThrow(expect.objectContaining({ code: 'PARALLELISM' }))
  })
})

describe('lineage', () => {
  it('follows columns through rules, renames and aggregates to the topic', () => {
    const lineage = Object.fromEntries(lineageOf(compile(medallion)).map((entry) => [entry.sink, entry]))
    expect(lineage['sink(gold.daily_revenue)']?.sources).toEqual(['source(raw-events)'])
    const origin = (sink: string, column: string) => lineage[sink]?.columns[column]
    expect(origin('sink(silver.events)', 'user_id')).toEqual([
      { node: 'source(raw-events)', column: 'value.payload.user_id', opaque: false },
    ])
    expect(origin('sink(gold.daily_revenue)', 'revenue')).toEqual([
      { node: 'source(raw-events)', column: 'value.payload.action', opaque: false },
      { node: 'source(raw-events)', column: 'value.payload.amount', opaque: false },
    ])
    expect(origin('sink(gold.daily_revenue)', 'transactions')).toEqual([
      { node: 'aggregate(day,revenue,transactions)', opaque: false },
    ])
  })
})

describe('explain', () => {
  it('as text names every stage and every warning', () => {
    const text = explainText(compile(medallion))
    for (const stage of compile(medallion).stages) expect(text).toContain(`: ${stage.id}, parallelism 1`)
    expect(text).toContain('hash → deduplicate(event_id)')
    expect(explainText(compile(job(false)))).toContain('warnings')
  })

  it('as JSON survives a round trip', () => {
    const json = explainJson(compile(medallion))
    expect(JSON.parse(JSON.stringify(json))).toEqual(json)
  })

  it('as Mermaid has a node and an arrow for everything', () => {
    const plan = compile(medallion)
    const text = explainMermaid(plan)
    expect(text.match(/-->/g)).toHaveLength(plan.edges.length)
    expect(text.match(/subgraph/g)).toHaveLength(plan.stages.length)
  })
})
