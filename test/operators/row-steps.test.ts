import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { branch, filter, flatMap, keyBy, map, select, union } from '../../operators/index.ts'
import { Batch } from '../../topology/element.ts'
import type { Stream } from '../../topology/stream.ts'
import { harness } from '../support/operator-harness.ts'

interface Order {
  id: string
  cents: number
}

const order = (id: string, cents: number): Order => ({ id, cents })
const many = Array.from({ length: 1000 }, (_, index) => order(`o${index}`, index))

describe.each([
  ['map', (s: Stream<Order>) => s.pipe(map(({ id }) => id)), many.map(({ id }) => id)],
  ['filter', (s: Stream<Order>) => s.pipe(filter(({ cents }) => cents % 3 === 0)), many.filter((_, i) => i % 3 === 0)],
  ['flatMap', (s: Stream<Order>) => s.pipe(flatMap(({ id }) => [id, id])), many.flatMap(({ id }) => [id, id])],
  [
    'select',
    (s: Stream<Order>) => s.pipe(select(z.object({ cents: z.number() }))),
    many.map(({ cents }) => ({ cents })),
  ],
] as [string, (s: Stream<Order>) => Stream<unknown>, unknown[]][])('%s', (_name, build, expected) => {
  it('passes nothing on when nothing comes', async () => {
    const run = await harness(build)
    expect(run.elements()).toEqual([])
  })

  it('passes control elements on, and no empty batch', async () => {
    const run = await harness(build)
    run.batch([]).watermark(5).idle().watermark(7).end()
    expect(run.elements()).toEqual([
      { kind: 'watermark', timestampMs: 5 },
      { kind: 'idle' },
      { kind: 'watermark', timestampMs: 7 },
      { kind: 'end', drain: false },
    ])
  })

  it('takes many rows, in one batch or one by one', async () => {
    const whole = await harness(build)
    const single = await harness(build)
    whole.batch(many)
    for (const row of many) single.batch([row])
    expect(whole.rows()).toEqual(expected)
    expect(single.rows()).toEqual(expected)
  })

  it('leaves the rows it was given as they were', async () => {
    const run = await harness(build)
    const given = Object.freeze(order('o3', 3))
    run.batch([given])
    expect(given).toEqual(order('o3', 3))
  })
})

describe('event times and keys', () => {
  it('go with the rows that a filter keeps', async () => {
    const run = await harness((s: Stream<Order>) =>
      s.pipe(
        keyBy('id'),
        filter((row) => row.cents > 1),
      ),
    )
    run.timed([
      [order('a', 1), 10],
      [order('b', 2), 20],
      [order('c', 3), 30],
    ])
    expect(run.batches()[0]!.keys).toEqual(['b', 'c'])
    expect(run.timestampsMs()).toEqual([20, 30])
  })

  it('are those of the record that a row of flatMap came from', async () => {
    const run = await harness((s: Stream<Order>) => s.pipe(flatMap((row) => Array(row.cents).fill(row.id))))
    run.timed([
      [order('a', 2), 10],
      [order('b', 0), 20],
      [order('c', 1), 30],
    ])
    expect(run.rows()).toEqual(['a', 'a', 'c'])
    expect(run.timestampsMs()).toEqual([10, 10, 30])
  })
})

describe('a function that fails', () => {
  it.each([
    ['map', (s: Stream<Order>) => s.pipe(map((row) => row.id.slice(0)))],
    ['filter', (s: Stream<Order>) => s.pipe(filter((row) => row.id.length > 0))],
    ['flatMap', (s: Stream<Order>) => s.pipe(flatMap((row) => [row.id.length]))],
    ['keyBy', (s: Stream<Order>) => s.pipe(keyBy((row) => row.id.trim()))],
    ['branch', (s: Stream<Order>) => s.pipe(branch({ long: (row) => row.id.length > 3 }))],
  ] as [string, (s: Stream<Order>) => never][])('in %s is named with the record', async (kind, build) => {
    const run = await harness(build)
    expect(() => run.batch([order('fine', 1), { cents: 42 } as Order])).toThrowError(
      expect.objectContaining({
        code: 'OPERATOR_FAILED',
        details: expect.objectContaining({ uid: `${kind}-1`, value: expect.stringContaining('42') }),
      }),
    )
  })

  it.each([
    ['map', (s: Stream<Order>) => s.pipe(map(async (row) => row))],
    ['filter', (s: Stream<Order>) => s.pipe(filter((async () => true) as never))],
    ['keyBy', (s: Stream<Order>) => s.pipe(keyBy((async () => 1) as never))],
    ['branch', (s: Stream<Order>) => s.pipe(branch({ all: (async () => true) as never }))],
  ] as [string, (s: Stream<Order>) => never][])('for returning a promise, in %s', async (_kind, build) => {
    const run = await harness(build)
    expect(() => run.batch([order('a', 1)])).toThrowError(expect.objectContaining({ code: 'OPERATOR_FAILED' }))
  })
})

describe('keyBy', () => {
  it('takes the value of one field, and encodes several', async () => {
    const one = await harness((s: Stream<Order>) => s.pipe(keyBy('cents')))
    const two = await harness((s: Stream<Order>) => s.pipe(keyBy('id', 'cents')))
    one.batch([order('a', 7)])
    two.batch([order('a', 7)])
    expect(one.batches()[0]!.keys).toEqual([7])
    expect(two.batches()[0]!.keys).toEqual(['s1:an7;'])
  })

  it.each([null, undefined, Number.NaN, {}])('refuses %s', async (id) => {
    const run = await harness((s: Stream<Order>) => s.pipe(keyBy('id')))
    expect(() => run.batch([{ id, cents: 1 } as never])).toThrowError(
      expect.objectContaining({ code: 'OPERATOR_FAILED' }),
    )
  })
})

describe('branch', () => {
  const build = (s: Stream<Order>) =>
    s.pipe(branch({ small: ({ cents }) => cents < 10, even: ({ cents }) => cents % 2 === 0 }))

  it('sends each record to the first branch that wants it, else to out', async () => {
    const run = await harness(build)
    run.timed([1, 2, 11, 12].map((cents) => [order('o', cents), cents * 100] as const))
    expect(run.rows('small').map(({ cents }) => cents)).toEqual([1, 2])
    expect(run.rows('even').map(({ cents }) => cents)).toEqual([12])
    expect(run.rows('out').map(({ cents }) => cents)).toEqual([11])
    expect(run.timestampsMs('even')).toEqual([1200])
  })

  it('sends control elements to all of them', async () => {
    const run = await harness(build)
    run.watermark(5)
    for (const port of ['out', 'small', 'even'] as const) expect(run.watermarks(port)).toEqual([5])
  })

  it('keeps the key', async () => {
    const run = await harness((s: Stream<Order>) =>
      s.pipe(keyBy('id'), branch({ odd: ({ cents }) => cents % 2 === 1 })),
    )
    run.batch([order('a', 1), order('b', 2), order('c', 3)])
    expect(run.batches('odd')[0]!.keys).toEqual(['a', 'c'])
    expect([...run.batches('odd')[0]!.keyGroups!]).toHaveLength(2)
  })

  it('refuses a branch called out, and none at all', () => {
    expect(() => branch({ out: () => true })).toThrowError(expect.objectContaining({ code: 'BRANCH_NAME' }))
    expect(() => branch({})).toThrowError(expect.objectContaining({ code: 'BRANCH_NAME' }))
  })
})

describe('union', () => {
  const build = (s: Stream<Order>) => {
    const { out, small } = s.pipe(branch({ small: ({ cents }) => cents < 10 }))
    return union(out, small.pipe(map((row) => row)))
  }

  it('has the records of all inputs, and their least watermark', async () => {
    const run = await harness(build)
    run
      .send(new Batch([order('a', 1), order('b', 99)]))
      .watermark(3)
      .end()
    expect(
      run
        .rows()
        .map(({ id }) => id)
        .sort(),
    ).toEqual(['a', 'b'])
    expect(run.watermarks()).toEqual([3])
    expect(run.elements().filter(({ kind }) => kind === 'end')).toHaveLength(1)
  })

  it('refuses a stream of another topology', async () => {
    let foreign: Stream<Order> | undefined
    await harness((s: Stream<Order>) => {
      foreign = s
      return s.pipe(map((row) => row))
    })
    await expect(harness((s: Stream<Order>) => union(s, foreign!))).rejects.toMatchObject({ code: 'FOREIGN_STREAM' })
  })
})
