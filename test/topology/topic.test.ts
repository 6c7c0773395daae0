import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { days } from '../../topology/duration.ts'
import type { Node } from '../../topology/graph.ts'
import { compile } from '../../topology/plan/compile.ts'
import { explainText } from '../../topology/plan/explain.ts'
import { declarationOf, topicsOf } from '../../topology/plan/topics.ts'
import { long, type Row } from '../../topology/schema/index.ts'
import { to } from '../../topology/to.ts'
import { type Topic, type TopicDeclaration, topic } from '../../topology/topic.ts'
import { topology } from '../../topology/topology.ts'

const Order = z.object({ id: long(), customer: z.string() })

describe('a declaration', () => {
  test('keeps what it says, in the units of the contract, and nothing else', () => {
    expect(topic('orders', Order).options).toEqual({})
    const declared = topic('orders', Order, { partitions: 12, retention: days(7), cleanupPolicy: 'compact,delete' })
    expect(declared.options).toStrictEqual({
      partitions: 12,
      retentionMs: 604_800_000,
      cleanupPolicy: 'compact,delete',
    })
  })

  test.each<[string, TopicDeclaration, RegExp]>([
    ['a b', {}, /'a b': this is no name for a topic/],
    ['..', {}, /no name/],
    ['x'.repeat(250), {}, /no name/],
    ['t', { partitions: 0 }, /0 partitions/],
    ['t', { partitions: 1.5 }, /1.5 partitions/],
    ['t', { replicationFactor: 0 }, /0 replicas/],
    ['t', { retention: days(0) }, /a retention of 0 ms/],
    ['t', { retention: days(Number.NaN) }, /a retention of NaN ms/],
  ])('%s with %o is refused', (name, declaration, message) => {
    expect(() => topic(name, Order, declaration)).toThrow(expect.objectContaining({ code: 'TOPIC_INVALID' }))
    expect(() => topic(name, Order, declaration)).toThrow(message)
  })
})

describe('a topic at the end of a stream', () => {
  const copyTo = (target: Topic<Row<typeof Order>>) =>
    topology('copy', ({ from }) => from(topic('orders', Order)).pipe(to(target)))

  test('is a sink with the columns of its schema', () => {
    const plan = compile(
      topology('copy', ({ from }) => {
        from(topic('orders', Order)).pipe(to(topic('copies', Order), { key: 'customer' }))
      }),
    )
    const sink = plan.nodes.at(-1)!
    expect(sink.uid).toBe('sink(copies)')
    expect(sink.parameters).toEqual({ topic: 'copies', key: 'customer' })
    expect(explainText(plan)).toContain('sink(copies) ← source(orders)')
    expect(explainText(plan)).toContain('customer ← ')
  })

  test('is keyed as its declaration says, unless it is told otherwise there', () => {
    const parametersWith = (key?: () => string) => {
      const plan = compile(
        topology('copy', ({ from }) => {
          const copies = topic('copies', Order, { key: 'customer' })
          from(topic('orders', Order)).pipe(to(copies, key === undefined ? {} : { key }))
        }),
      )
      return plan.nodes.at(-1)!.parameters
    }
    expect(parametersWith()).toEqual({ topic: 'copies', key: 'customer' })
    expect(parametersWith(() => 'x')).toEqual({ topic: 'copies', key: 'a function' })
  })

  test('refuses a key that is no column, and compaction without one', () => {
    expect(() => copyTo(topic('copies', Order, { key: 'nobody' as never }))).toThrow(
      expect.objectContaining({ code: 'COLUMN_NOT_FOUND', fix: 'Its columns are id, customer.' }),
    )
    expect(() => copyTo(topic('copies', Order, { cleanupPolicy: 'compact' }))).toThrow(
      expect.objectContaining({ code: 'KEY_MISSING' }),
    )
  })
})

describe('the topics of a job', () => {
  const jobWith = (one: TopicDeclaration, other: TopicDeclaration): readonly Node[] =>
    topology('twice', ({ from, fromSource }) => {
      from(topic('orders', Order, one)).pipe(to(topic('copies', Order)))
      fromSource<{ id: bigint; customer: string }>('made', () => undefined as never).pipe(
        to(topic('orders', Order, other)),
      )
    }).nodes

  test('are each there once, with all that is said of them', () => {
    expect(topicsOf(jobWith({ partitions: 3 }, { retention: days(1) }))).toEqual([
      { name: 'orders', options: { partitions: 3, retentionMs: 86_400_000 } },
      { name: 'copies', options: {} },
    ])
  })

  test('can be had by name: as it is read, or else as it is written', () => {
    const nodes = topology('two', ({ from }) => {
      from(topic('orders', Order, { key: 'id' })).pipe(to(topic('copies', Order, { key: 'customer', partitions: 3 })))
    }).nodes
    expect(declarationOf(nodes, 'copies')).toMatchObject({ key: 'customer', options: { partitions: 3 } })
    expect(declarationOf(nodes, 'nowhere')).toBeUndefined()
    expect(declarationOf(jobWith({ partitions: 3 }, { key: 'id', retention: days(1) }), 'orders')).toEqual({
      ...topic('orders', Order),
      options: { partitions: 3, retentionMs: 86_400_000 },
    })
  })

  test('may not contradict each other', () => {
    const job = topology('twice', ({ from }) => {
      from(topic('orders', Order, { partitions: 3 })).pipe(to(topic('orders', Order, { partitions: 4 })))
    })
    expect(() => compile(job)).toThrow("topic 'orders' is declared with partitions 3, and with 4")
  })
})
