import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { changes, join, keyBy, type RegularJoinOptions } from '../../../operators/index.ts'
import { milliseconds } from '../../../topology/duration.ts'
import { compile } from '../../../topology/plan/compile.ts'
import type { Stream } from '../../../topology/stream.ts'
import { to } from '../../../topology/to.ts'
import { topology } from '../../../topology/topology.ts'
import { applyChanges, Multiset } from '../../support/changelog.ts'
import { harness2 } from '../../support/operator-harness.ts'
import { runs } from '../../support/scale.ts'
import { type Row, row, steps, twoSided } from './two-sided.ts'

type Options = Partial<Omit<RegularJoinOptions<Row, Row, 'inner', any>, 'select' | 'type'>>

const pair = (left: Row | null, right: Row | null) => ({ left: left?.n ?? null, right: right?.n ?? null })
const inner =
  (options: Options = {}) =>
  (left: Stream<Row>, right: Stream<Row>) =>
    left.pipe(keyBy('key'), join(right.pipe(keyBy('key')), { select: pair, ...options }))
const leftOuter =
  (options: Options = {}) =>
  (left: Stream<Row>, right: Stream<Row>) =>
    left.pipe(keyBy('key'), join(right.pipe(keyBy('key')), { type: 'left', select: pair, ...options }), changes())

describe('join', () => {
  it('emits nothing for nothing', async () => {
    const run = await harness2(leftOuter())
    run.left.end(true)
    run.right.end(true)
    expect(run.rows()).toEqual([])
  })

  it('joins all rows of a key, whichever side comes first, at the later of their times', async () => {
    const run = await harness2(inner())
    run.left.timed([row('a', 5, 1), row('b', 1, 2)])
    run.right.timed([row('a', 3, 3), row('a', 9, 4), row('c', 1, 5)])
    run.left.timed([row('a', 4, 6)])
    expect(run.rows()).toEqual([
      { left: 1, right: 3 },
      { left: 1, right: 4 },
      { left: 6, right: 3 },
      { left: 6, right: 4 },
    ])
    expect(run.timestampsMs()).toEqual([5, 9, 4, 9])
  })

  it('needs no event times', async () => {
    const run = await harness2(inner())
    run.left.batch([{ key: 'a', n: 1 }])
    run.right.batch([{ key: 'a', n: 2 }])
    expect(run.rows()).toEqual([{ left: 1, right: 2 }])
    expect(run.batches()[0]!.timestampsMs).toBeUndefined()
  })

  it('of a left join, replaces a row without a match by the first that comes', async () => {
    const run = await harness2(leftOuter({ where: (left, right) => left.n < right.n }))
    run.left.timed([row('a', 1, 1)])
    run.right.timed([row('a', 2, 0), row('a', 3, 2), row('a', 4, 3)])
    run.left.timed([row('a', 5, 2)])
    expect(run.rows()).toEqual([
      { left: 1, right: null, kind: 'insert' },
      { left: 1, right: null, kind: 'update-before' },
      { left: 1, right: 2, kind: 'update-after' },
      { left: 1, right: 3, kind: 'insert' },
      { left: 2, right: 3, kind: 'insert' },
    ])
    expect(run.timestampsMs()).toEqual([1, 3, 3, 4, 5])
  })

  it('forgets what is older than its ttl', async () => {
    const run = await harness2(inner({ ttl: milliseconds(100) }))
    for (let n = 0; n < 100; n++) {
      run.left.timed([row('a', n * 100, n)]).watermark(n * 100)
      run.right.watermark(n * 100)
    }
    run.right.timed([row('a', 0, 1)])
    expect(run.rows().map(({ left }) => left)).toEqual([98, 99])
    expect(run.gauges.get('state_entries{state="left"}')).toBeLessThan(4)
    expect(run.gauges.get('state_entries{state="right"}')).toBe(0)
  })

  it('names itself and where, which throws', async () => {
    const run = await harness2(inner({ where: () => { throw new RangeError('no') } })) // biome-ignore format: one line
    run.left.batch([{ key: 'a', n: 1 }])
    expect(() => run.right.batch([{ key: 'a', n: 2 }])).toThrowError(
      expect.objectContaining({ code: 'OPERATOR_FAILED', details: expect.objectContaining({ uid: 'join(key=key)' }) }),
    )
  })

  it('refuses a ttl that is none, and one without event time', () => {
    expect(() => join<any, any>({}, { ttl: milliseconds(0) })).toThrowError(
      expect.objectContaining({ code: 'JOIN_TTL' }),
    )
    const untimed = topology('untimed', ({ fromSource }) => {
      const rows = fromSource<Row>('rows', () => undefined as never)
      inner({ ttl: milliseconds(1) })(rows, rows).pipe(to({ name: 'sink', create: () => undefined as never }))
    })
    expect(() => compile(untimed)).toThrowError(expect.objectContaining({ code: 'NO_EVENT_TIME' }))
  })

  it('does as a naive oracle, over any streams, watermarks and restarts', async () => {
    const options = fc.record({
      isLeft: fc.boolean(),
      ttlMs: fc.option(fc.integer({ min: 1, max: 3_000 })),
      odd: fc.boolean(),
    })
    await fc.assert(
      fc.asyncProperty(options, steps({ maxMs: 4_000 }), async ({ isLeft, ttlMs, odd }, script) => {
        const where = (left: Row, right: Row) => !odd || (left.n + right.n) % 2 === 1
        const given = { where, ...(ttlMs !== null && { ttl: milliseconds(ttlMs) }) }
        const { rows, sent } = await twoSided<any>(
          isLeft ? leftOuter(given) : inner(given),
          script,
          Number.POSITIVE_INFINITY,
        )
        const horizonMs = ttlMs ?? Number.POSITIVE_INFINITY
        const matches = sent.flatMap((first, index) =>
          sent
            .slice(index + 1)
            .filter((second) => first.side !== second.side && first.value.key === second.value.key)
            // The first is there if it has been kept, and still is.
            .filter((second) => first.atMs >= Math.max(first.watermarkMs, second.watermarkMs) - horizonMs)
            .map((second) => (first.side === 'left' ? { l: first, r: second } : { l: second, r: first }))
            .filter(({ l, r }) => where(l.value, r.value)),
        )
        const expected = matches.map(({ l, r }) => pair(l.value, r.value))
        if (isLeft) {
          const unmet = sent.filter((each) => each.side === 'left' && !matches.some(({ l }) => l === each))
          expected.push(...unmet.map(({ value }) => pair(value, null)))
        }
        const left = applyChanges(rows.map(({ at: _at, ...rest }) => ({ kind: 'insert', ...rest })))
        expect(left).toEqual(Multiset.of(expected).rows())
      }),
      runs(10_000),
    )
  })
})
