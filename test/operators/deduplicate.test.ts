import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { deduplicate } from '../../operators/index.ts'
import { milliseconds } from '../../topology/duration.ts'
import type { Stream } from '../../topology/stream.ts'
import { harness } from '../support/operator-harness.ts'
import { runs } from '../support/scale.ts'

interface Event {
  id: string
  n: number
}

const WITHIN = 100
const build = (s: Stream<Event>) => s.pipe(deduplicate({ by: 'id', within: milliseconds(WITHIN) }))
const event = (id: string, timestampMs: number, n = 0) => [{ id, n }, timestampMs] as const

describe('deduplicate', () => {
  it('emits nothing for nothing', async () => {
    const run = await harness(build)
    run.batch([]).end()
    expect(run.rows()).toEqual([])
    expect(run.rows('late')).toEqual([])
  })

  it('lets the first through and counts the others, in one batch or across them', async () => {
    const run = await harness(build)
    run.timed([event('a', 10, 1), event('a', 10, 2), event('b', 11, 3)]).timed([event('a', 12, 4)])
    expect(run.rows().map(({ n }) => n)).toEqual([1, 3])
    expect(run.timestampsMs()).toEqual([10, 11])
    expect(run.counter('duplicates_total')).toBe(2)
  })

  it('forgets a key when the watermark has passed its event time by more than the horizon', async () => {
    //  event    a@10 ............... a@110 (new record of the same id)
    //  watermark      110 → known     111 → forgotten
    const run = await harness(build)
    run
      .timed([event('a', 10, 1)])
      .watermark(110)
      .timed([event('a', 110, 2)])
    expect(run.rows().map(({ n }) => n)).toEqual([1])
    run.watermark(111).timed([event('a', 110, 3)])
    expect(run.rows().map(({ n }) => n)).toEqual([1, 3])
  })

  it('sends what is older than the horizon to late, never through', async () => {
    const run = await harness(build)
    run.watermark(200).timed([event('a', 100, 1), event('b', 99, 2)])
    expect(run.rows().map(({ n }) => n)).toEqual([1])
    expect(run.rows('late').map(({ n }) => n)).toEqual([2])
    expect(run.timestampsMs('late')).toEqual([99])
    expect(run.counter('num_late_records_dropped_total')).toBe(1)
  })

  it('counts the horizon from the first record, whatever the event times of its duplicates', async () => {
    const run = await harness(build)
    run.timed([event('a', 50, 1), event('a', 140, 2), event('a', 20, 3)])
    run.watermark(151).timed([event('a', 140, 4)])
    expect(run.rows().map(({ n }) => n)).toEqual([1, 4])
  })

  it('keeps its keys over a drain, by the last real watermark', async () => {
    const run = await harness(build)
    run
      .timed([event('a', 10, 1), event('b', 60, 2)])
      .watermark(50)
      .end(true)
    expect(run.watermarks()).toEqual([50, Number.POSITIVE_INFINITY])
    const next = await run.restart()
    next.timed([event('a', 10, 3), event('b', 60, 4), event('c', -51, 5), event('d', -50, 6)])
    expect(next.rows().map(({ n }) => n)).toEqual([6])
    expect(next.rows('late').map(({ n }) => n)).toEqual([5])
  })

  it('knows numbers from texts', async () => {
    const run = await harness((s: Stream<{ id: string | number }>) =>
      s.pipe(deduplicate({ by: 'id', within: milliseconds(WITHIN) })),
    )
    run.timed([
      [{ id: '1' }, 0],
      [{ id: 1 }, 0],
      [{ id: 1 }, 0],
    ])
    expect(run.rows()).toEqual([{ id: '1' }, { id: 1 }])
  })

  it('takes several fields together', async () => {
    const run = await harness((s: Stream<Event>) =>
      s.pipe(deduplicate({ by: ['id', 'n'], within: milliseconds(WITHIN) })),
    )
    run.timed([event('a', 0, 1), event('a', 0, 2), event('a', 0, 1)])
    expect(run.rows().map(({ n }) => n)).toEqual([1, 2])
  })

  it('is named by its fields, or by name', async () => {
    const twice = (name?: string) => (s: Stream<Event>) => {
      const first = s.pipe(deduplicate({ by: 'id', within: milliseconds(1) }))
      return first.out.pipe(deduplicate({ by: 'id', within: milliseconds(1), ...(name !== undefined && { name }) }))
    }
    await expect(harness(twice())).rejects.toMatchObject({ code: 'UID_COLLISION' })
    await expect(harness(twice('again'))).resolves.toBeDefined()
  })

  it('refuses a horizon that is none', () => {
    expect(() => deduplicate({ by: 'id' as never, within: milliseconds(0) })).toThrowError(
      expect.objectContaining({ code: 'HORIZON' }),
    )
  })

  it('does as a naive oracle, over any stream, watermarks and restarts', async () => {
    const step = fc.oneof(
      {
        weight: 8,
        arbitrary: fc.record({
          id: fc.constantFrom('a', 'b', 'c', 'd'),
          timestampMs: fc.integer({ min: 0, max: 600 }),
        }),
      },
      { weight: 2, arbitrary: fc.record({ watermarkMs: fc.integer({ min: 0, max: 600 }) }) },
      { weight: 1, arbitrary: fc.constant('restart' as const) },
    )
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        let run = await harness(build)
        const seen = new Map<string, number>()
        const expected = { out: [] as number[], late: [] as number[] }
        const actual = { out: [] as number[], late: [] as number[] }
        let watermarkMs = Number.NEGATIVE_INFINITY
        const collect = () => {
          actual.out.push(...run.rows().map(({ n }) => n))
          actual.late.push(...run.rows('late').map(({ n }) => n))
        }
        for (const [n, each] of steps.entries()) {
          if (each === 'restart') {
            collect()
            run = await run.restart()
          } else if ('watermarkMs' in each) {
            watermarkMs = Math.max(watermarkMs, each.watermarkMs)
            run.watermark(watermarkMs)
          } else {
            run.timed([event(each.id, each.timestampMs, n)])
            const firstMs = seen.get(each.id)
            if (each.timestampMs < watermarkMs - WITHIN) expected.late.push(n)
            else if (firstMs === undefined || watermarkMs > firstMs + WITHIN) {
              seen.set(each.id, each.timestampMs)
              expected.out.push(n)
            }
          }
        }
        collect()
        expect(actual).toEqual(expected)
      }),
      runs(30_000),
    )
  })
})
