import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { keyBy, process } from '../../operators/index.ts'
import { milliseconds } from '../../topology/duration.ts'
import { int } from '../../topology/schema/index.ts'
import { listState } from '../../topology/state/list-state.ts'
import { mapState } from '../../topology/state/map-state.ts'
import { reducingState } from '../../topology/state/reducing-state.ts'
import type { StateTtl } from '../../topology/state/ttl.ts'
import { valueState } from '../../topology/state/value-state.ts'
import type { Stream } from '../../topology/stream.ts'
import { ManualClock } from '../support/manual-clock.ts'
import { harness } from '../support/operator-harness.ts'
import { FRESH_SEED, runs } from '../support/scale.ts'

interface Command {
  readonly user: string
  readonly verb: 'add' | 'read' | 'clear'
  readonly n: number
}

const Told = z.object({ sum: int(), entries: z.array(int()), list: z.array(int()), most: int().nullable() })

/** `add` writes n to every state, `clear` clears all; `read` tells what they hold. */
const told =
  (ttl?: StateTtl) =>
  (s: Stream<Command>): Stream<z.infer<typeof Told>> => {
    const option = ttl === undefined ? {} : { ttl }
    return s.pipe(
      keyBy('user'),
      process({
        name: 'told',
        state: {
          sum: valueState('sum', { schema: int(), default: 0, ...option }),
          entries: mapState('entries', { key: int(), value: int(), ...option }),
          list: listState('list', { element: int(), ...option }),
          most: reducingState('most', { schema: int(), reduce: (a, b) => Math.max(a, b), ...option }),
        },
        output: Told,
        onRecord({ verb, n }, { state: { sum, entries, list, most }, emit }) {
          if (verb === 'add') {
            sum.set(n)
            entries.set(n, n)
            list.append(n)
            most.add(n)
          } else if (verb === 'clear') {
            for (const state of [sum, entries, list, most]) state.clear()
          } else {
            const keys = [...entries.keys()].sort((a, b) => a - b)
            emit({ sum: sum.get(), entries: keys, list: list.get(), most: most.get() ?? null })
          }
        },
      }),
    )
  }

const AFTER_MS = 20
const byEvent = (refresh: StateTtl['refresh'] = 'write'): StateTtl => ({
  after: milliseconds(AFTER_MS),
  time: 'event',
  refresh,
})
const byClock = (refresh: StateTtl['refresh'] = 'write'): StateTtl => ({ ...byEvent(refresh), time: 'processing' })

const add = (n: number, user = 'ann'): Command => ({ user, verb: 'add', n })
const read: Command = { user: 'ann', verb: 'read', n: 0 }
const NONE = { sum: 0, entries: [], list: [], most: null }
const all = (...ns: number[]) => ({ sum: ns.at(-1)!, entries: ns, list: ns, most: Math.max(...ns) })

/** Over all states. */
const entriesOf = (run: { readonly gauges: ReadonlyMap<string, number> }) =>
  [...run.gauges.values()].reduce((a, b) => a + b, 0)

describe('state that expires', () => {
  it('by event time is seen by no record that is too far behind, nor by one behind the watermark', async () => {
    const run = await harness(told(byEvent()))
    run.timed([
      [add(1), 100],
      [read, 119],
      [read, 120],
      [read, 110],
    ])
    run.watermark(120).timed([[read, 110]])
    expect(run.rows()).toEqual([all(1), NONE, all(1), NONE])
  })

  it('by the clock is seen until its time is over, each entry by itself', async () => {
    const clock = new ManualClock()
    const run = await harness(told(byClock()), { clock })
    run.batch([add(1)])
    clock.advance(10)
    run.batch([add(2)])
    clock.advance(9)
    run.batch([read])
    clock.advance(1)
    run.batch([read])
    clock.advance(10)
    run.batch([read])
    expect(run.rows()).toEqual([all(1, 2), { sum: 2, entries: [2], list: [2], most: 2 }, NONE])
  })

  it('lives on when it is read, where it says so', async () => {
    const clock = new ManualClock()
    const run = await harness(told(byClock('readAndWrite')), { clock })
    run.batch([add(1)])
    for (let left = 5; left > 0; left--) {
      clock.advance(AFTER_MS - 1)
      run.batch([read])
    }
    clock.advance(AFTER_MS)
    run.batch([read])
    expect(run.rows()).toEqual([...Array(5).fill(all(1)), NONE])
  })

  it('goes away though nobody asks for it, also what a restart has brought back', async () => {
    const first = await harness(told(byEvent()))
    first.timed([
      [add(1), 100],
      [add(2, 'bob'), 200],
    ])
    expect(entriesOf(first)).toBe(8)
    const run = await first.restart()
    run.watermark(140)
    expect(entriesOf(run)).toBe(4)
    run.watermark(240)
    expect(entriesOf(run)).toBe(0)
  })

  it('goes away a bounded number at a time', async () => {
    const users = Array.from({ length: 5_000 }, (_, n) => `u${n}`)
    const run = await harness(told(byEvent()))
    run.timed(users.map((user) => [add(1, user), 100] as const))
    run.watermark(10_000)
    const left = entriesOf(run)
    expect(left).toBeGreaterThan(0)
    expect(left).toBeLessThan(4 * 5_000)
    run.watermark(10_001).watermark(10_002)
    expect(entriesOf(run)).toBe(0)
  })

  it('is refused from a checkpoint that knew no such thing, and the other way round', async () => {
    const lasting = await harness(told())
    lasting.timed([[add(1), 100]])
    const expiring = await harness(told(byEvent()))
    expiring.timed([[add(1), 100]])
    const mismatch = expect.objectContaining({ code: 'STATE_CODEC_MISMATCH' })
    await expect(harness(told(byEvent()), { restored: await lasting.snapshot() })).rejects.toThrow(mismatch)
    await expect(harness(told(), { restored: await expiring.snapshot() })).rejects.toThrow(mismatch)
  })

  it('by event time needs one', async () => {
    const run = await harness(told(byEvent()))
    expect(() => run.batch([add(1)])).toThrow(/told: onRecord failed on .*state sum expires by event time/)
  })

  it.each([
    [{ after: milliseconds(0), time: 'event' }],
    [{ after: milliseconds(Number.NaN), time: 'event' }],
    [{ after: milliseconds(1), time: 'never' }],
    [{ after: milliseconds(1), time: 'event', refresh: 'never' }],
  ])('is refused as %o', (ttl) => {
    expect(() => valueState('x', { schema: int(), ttl: ttl as StateTtl })).toThrow(
      expect.objectContaining({ code: 'STATE_DECLARATION' }),
    )
  })
})

/** What every entry was written or renewed at. */
class Oracle {
  private readonly isRenewedByReads: boolean
  private readonly entries = new Map<string, Map<string, { readonly n: number; atMs: number }>>()
  private appended = 0

  constructor(refresh: StateTtl['refresh']) {
    this.isRenewedByReads = refresh === 'readAndWrite'
  }

  obey({ user, verb, n }: Command, nowMs: number): unknown {
    const entries = this.entries.get(user) ?? new Map()
    this.entries.set(user, entries)
    const alive = (id: string) => {
      const entry = entries.get(id)
      return entry !== undefined && entry.atMs + AFTER_MS > nowMs ? entry : undefined
    }
    const put = (id: string, n: number) => {
      entries.set(id, { n, atMs: Math.max(nowMs, entries.get(id)?.atMs ?? nowMs) })
    }
    if (verb === 'clear') entries.clear()
    if (verb === 'add') {
      put('most', Math.max(n, alive('most')?.n ?? n))
      put('sum', n)
      put(`entry ${n}`, n)
      put(`list ${this.appended++}`, n)
    }
    if (verb !== 'read') return undefined
    const read = [...entries.keys()].filter((id) => alive(id) !== undefined)
    if (this.isRenewedByReads) {
      for (const id of read) entries.get(id)!.atMs = Math.max(nowMs, entries.get(id)!.atMs)
    }
    const values = (kind: string) => read.filter((id) => id.startsWith(kind)).map((id) => entries.get(id)!.n)
    return {
      sum: values('sum')[0] ?? 0,
      entries: values('entry').sort((a, b) => a - b),
      list: values('list'),
      most: values('most')[0] ?? null,
    }
  }
}

const command = fc.record<Command>({
  user: fc.constantFrom('ann', 'bob', 'eve'),
  verb: fc.constantFrom('add', 'add', 'read', 'read', 'clear'),
  n: fc.integer({ min: 1, max: 5 }),
})
const refreshes = fc.constantFrom('write' as const, 'readAndWrite' as const)

describe(`against a naive oracle (seed ${FRESH_SEED})`, () => {
  it('by the clock, over restarts', async () => {
    const step = fc.oneof(
      { weight: 6, arbitrary: command },
      { weight: 3, arbitrary: fc.integer({ min: 1, max: 15 }) },
      { weight: 1, arbitrary: fc.constant('restart' as const) },
    )
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 50, size: 'max' }), refreshes, async (steps, refresh) => {
        const clock = new ManualClock()
        let run = await harness(told(byClock(refresh)), { clock })
        const oracle = new Oracle(refresh)
        const actual: unknown[] = []
        const expected: unknown[] = []
        for (const each of steps) {
          if (typeof each === 'number') {
            clock.advance(each)
          } else if (each === 'restart') {
            actual.push(...run.rows())
            run = await run.restart()
          } else {
            run.batch([each])
            expected.push(oracle.obey(each, clock.nowMs()))
          }
        }
        expect([...actual, ...run.rows()]).toEqual(expected.filter((row) => row !== undefined))
      }),
      runs(10_000),
    )
  })

  /** Which elements of a list a record of an earlier time still sees is left open. */
  it('by event time, out of order, and over rescales', async () => {
    const step = fc.oneof(
      { weight: 6, arbitrary: fc.tuple(command, fc.integer({ min: -30, max: 10 })) },
      { weight: 3, arbitrary: fc.integer({ min: 1, max: 15 }) },
      { weight: 1, arbitrary: fc.constant('rescale' as const) },
    )
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 50, size: 'max' }), refreshes, async (steps, refresh) => {
        const build = told(byEvent(refresh))
        let parallelism = 1
        let run = await harness(build)
        const oracle = new Oracle(refresh)
        const actual: unknown[] = []
        const expected: unknown[] = []
        let watermarkMs = 0
        run.watermark(watermarkMs)
        for (const each of steps) {
          if (typeof each === 'number') {
            watermarkMs += each
            run.watermark(watermarkMs)
          } else if (each === 'rescale') {
            parallelism = (parallelism % 3) + 1
            actual.push(...run.rows())
            run = await harness(build, { parallelism, restored: await run.snapshot() })
          } else {
            const timestampMs = watermarkMs + each[1]
            run.timed([[each[0], timestampMs]])
            expected.push(oracle.obey(each[0], Math.max(watermarkMs, timestampMs)))
          }
        }
        actual.push(...run.rows())
        const withoutLists = (rows: unknown[]) => rows.map((row) => ({ ...(row as object), list: undefined }))
        expect(withoutLists(actual)).toEqual(withoutLists(expected.filter((row) => row !== undefined)))
      }),
      runs(10_000),
    )
  })
})
