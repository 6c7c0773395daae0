import { tmpdir } from 'node:os'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { changes, keyBy, latest, topN } from '../../operators/index.ts'
import { DiskStateBackend } from '../../runtime/state/disk/disk-backend.ts'
import { testOperator } from '../../runtime/testing/test-operator.ts'
import type { AnyStream, Stream } from '../../topology/stream.ts'
import { applyChanges } from '../support/changelog.ts'
import { harness } from '../support/operator-harness.ts'
import { FRESH_SEED, runs } from '../support/scale.ts'

interface Bid {
  readonly item: string
  readonly price: number | null
  readonly n: number
}
const bid = (item: string, price: number | null, n: number): Bid => ({ item, price, n })

const top = (bids: Stream<Bid>) => bids.pipe(keyBy('item'), topN(2, 'price'), changes())
const rankedTop = (bids: Stream<Bid>) => bids.pipe(keyBy('item'), topN(2, 'price', { rank: 'rank' }), changes())
const last = (bids: Stream<Bid>) => bids.pipe(keyBy('item'), latest('price'), changes())

/** What a changelog comes to, in the order of n. */
const applied = (rows: readonly (Bid & { readonly kind: string })[]) => applyChanges(rows).sort((a, b) => a.n - b.n)

describe('topN', () => {
  it('takes back what another record replaces, once per batch', async () => {
    const run = await harness(top)
    run.batch([bid('a', 1, 0), bid('a', 2, 1), bid('a', 3, 2), bid('b', null, 3)])
    expect(run.rows()).toEqual([
      { ...bid('a', 3, 2), kind: 'insert' },
      { ...bid('a', 2, 1), kind: 'insert' },
    ])
    run.batch([bid('a', 2, 4)]).batch([bid('a', 5, 5)])
    expect(run.rows().slice(2)).toEqual([
      { ...bid('a', 2, 1), kind: 'update-before' },
      { ...bid('a', 5, 5), kind: 'update-after' },
    ])
  })

  it('tells the places, and who is passed', async () => {
    const run = await harness(rankedTop)
    run.batch([bid('a', 1, 0)]).batch([bid('a', 2, 1)])
    expect(run.rows()).toEqual([
      { ...bid('a', 1, 0), rank: 1, kind: 'insert' },
      { ...bid('a', 1, 0), rank: 1, kind: 'update-before' },
      { ...bid('a', 2, 1), rank: 1, kind: 'update-after' },
      { ...bid('a', 1, 0), rank: 2, kind: 'insert' },
    ])
  })

  it('goes up too', async () => {
    const run = await harness((bids: Stream<Bid>) =>
      bids.pipe(
        keyBy('item'),
        topN(1, ({ price }) => price, { order: 'ascending' }),
        changes(),
      ),
    )
    run.batch([bid('a', 2, 0), bid('a', 1, 1), bid('a', 1, 2)])
    expect(run.rows()).toEqual([{ ...bid('a', 1, 1), kind: 'insert' }])
  })

  it.each([0, 1001, 1.5])('refuses %s records', (n) => {
    expect(() => topN(n, 'price')).toThrow(expect.objectContaining({ code: 'AGGREGATE_OPTION' }))
  })

  it('names the record whose value has no order', async () => {
    const run = await harness(top)
    expect(() => run.batch([bid('a', {} as never, 1)])).toThrow(
      expect.objectContaining({
        code: 'OPERATOR_FAILED',
        message: expect.stringMatching(/topN\(2,price\): price failed on/),
      }),
    )
  })
})

describe('latest', () => {
  it('replaces what is not newer', async () => {
    const run = await harness(last)
    run.timed([
      [bid('a', 2, 0), 10],
      [bid('a', 1, 1), 20],
    ])
    run.timed([[bid('a', 2, 2), 30]])
    expect(run.rows()).toEqual([
      { ...bid('a', 2, 0), kind: 'insert' },
      { ...bid('a', 2, 0), kind: 'update-before' },
      { ...bid('a', 2, 2), kind: 'update-after' },
    ])
    expect(run.timestampsMs()).toEqual([10, 30, 30])
  })

  it('has the event time of the record that stays, whatever its batch had before it', async () => {
    const run = await harness(last)
    run.timed([
      [bid('a', 1, 0), 100],
      [bid('a', 2, 1), 50],
    ])
    expect(run.rows()).toEqual([{ ...bid('a', 2, 1), kind: 'insert' }])
    expect(run.timestampsMs()).toEqual([50])
  })
})

it('loses no record of a batch on a disk whose cache keeps nothing until the batch is over', async () => {
  const run = await testOperator(last, {
    openState: (options) => new DiskStateBackend({ ...options, directory: tmpdir(), cacheBytes: 1, stepChanges: 1 }),
  })
  run.batch([bid('c', 0, 0), bid('a', 0, 1), bid('c', 0, 2)])
  await run.topology.checkpoint()
  await run.restart()
  run.batch([bid('c', 0, 3)])
  expect(applied(run.rows())).toEqual([bid('a', 0, 1), bid('c', 0, 3)])
  await run.topology.close()
})

const ITEMS = ['a', 'b', 'c', 'd']
const batches = fc.array(
  fc.array(fc.record({ item: fc.constantFrom(...ITEMS), price: fc.option(fc.integer({ min: 0, max: 5 })) }), {
    maxLength: 10,
  }),
  { maxLength: 8 },
)

/** In their order, the first of all records of an item. */
type Order = (a: Priced, b: Priced) => number
type Priced = Bid & { readonly price: number }

const upwards = (bids: Stream<Bid>) =>
  bids.pipe(keyBy('item'), topN(3, 'price', { order: 'ascending', thenBy: ({ n }) => -n }), changes())

it.each<[string, (bids: Stream<Bid>) => AnyStream, number, Order]>([
  ['topN', top, 2, (a, b) => b.price - a.price || a.n - b.n],
  ['topN with ranks', rankedTop, 2, (a, b) => b.price - a.price || a.n - b.n],
  ['topN upwards, and of equals by a function', upwards, 3, (a, b) => a.price - b.price || b.n - a.n],
  ['latest', last, 1, (a, b) => b.price - a.price || b.n - a.n],
])(
  `%s comes to what a naive oracle has, over restarts and rescales (seed ${FRESH_SEED})`,
  async (_, build, n, order) => {
    const parallelism = fc.constantFrom(1, 2, 3)
    await fc.assert(
      fc.asyncProperty(batches, fc.nat(8), parallelism, parallelism, async (input, restartAt, before, after) => {
        let run = await harness(build, { parallelism: before })
        const out: unknown[] = []
        const all: Bid[] = []
        for (const [at, batch] of input.entries()) {
          if (at === restartAt) {
            out.push(...run.rows())
            run = await run.restart({ parallelism: after })
          }
          const rows = batch.map(({ item, price }, i) => bid(item, price, at * 10 + i))
          all.push(...rows)
          run.batch(rows)
        }
        out.push(...run.rows())
        const priced = all.filter((each): each is Priced => each.price !== null)
        const expected = ITEMS.flatMap((item) =>
          priced
            .filter((each) => each.item === item)
            .sort(order)
            .slice(0, n)
            .map((each, place) => (build === rankedTop ? { ...each, rank: place + 1 } : each)),
        )
        expect(applied(out as (Bid & { kind: string })[])).toEqual(expected.sort((a, b) => a.n - b.n))
      }),
      runs(10_000, 50),
    )
  },
)
