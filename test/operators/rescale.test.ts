/** Operators with keyed state, cut at 1 subtask, gone on at 3, at 2 and so forth: as one that was never stopped. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import {
  aggregate,
  count,
  countDistinct,
  countWindow,
  deduplicate,
  expect as expectRules,
  keyBy,
  process,
  rules,
  session,
  sliding,
  sum,
  tumbling,
  unique,
  window,
  windowStart,
} from '../../operators/index.ts'
import { keyGroupRangeOf } from '../../runtime/state/key-group-range.ts'
import { testOperator } from '../../runtime/testing/test-operator.ts'
import { milliseconds } from '../../topology/duration.ts'
import { int, long } from '../../topology/schema/index.ts'
import { mapState } from '../../topology/state/map-state.ts'
import { valueState } from '../../topology/state/value-state.ts'
import type { AnyStream, Stream } from '../../topology/stream.ts'
import { harness, KEY_GROUPS } from '../support/operator-harness.ts'
import { FRESH_SEED, runs } from '../support/scale.ts'

const Sale = z.object({ id: z.string(), item: z.string(), cents: long() })
interface Sale {
  id: string
  item: string
  cents: bigint
}

const KINDS: Readonly<
  Record<string, (s: Stream<Sale>) => { readonly out: AnyStream } & Readonly<Record<string, AnyStream>>>
> = {
  windows: (s) => ({
    ...s.pipe(
      keyBy('id'),
      window(tumbling(milliseconds(100)), { allowedLateness: milliseconds(50) }),
      aggregate({ start: windowStart(), total: sum('cents'), sales: count(), items: countDistinct('item') }),
    ),
  }),
  'sliding windows': (s) => ({
    ...s.pipe(
      keyBy('id'),
      window(sliding(milliseconds(100), milliseconds(40)), { allowedLateness: milliseconds(50) }),
      aggregate({ start: windowStart(), total: sum('cents'), sales: count() }),
    ),
  }),
  sessions: (s) => ({
    ...s.pipe(
      keyBy('id'),
      window(session(milliseconds(30)), { allowedLateness: milliseconds(20) }),
      aggregate({ start: windowStart(), total: sum('cents'), sales: count() }),
    ),
  }),
  'counted windows': (s) => ({
    out: s.pipe(keyBy('id'), window(countWindow(4, 2)), aggregate({ total: sum('cents'), sales: count() })).out,
  }),
  deduplicate: (s) => ({ ...s.pipe(deduplicate({ by: 'id', within: milliseconds(100) })) }),
  unique: (s) => ({
    ...s.pipe(expectRules(rules(Sale, [unique('id', { within: milliseconds(100), onFail: 'quarantine' })]))),
  }),
  'value state': (s) => ({
    out: s.pipe(
      keyBy('id'),
      process({
        name: 'running',
        state: { total: valueState('total', { schema: z.object({ cents: long(), sales: int() }) }) },
        output: z.object({ id: z.string(), cents: long(), sales: int(), watermarkMs: z.number() }),
        onRecord(sale, { key, state, emit, watermarkMs }) {
          const { cents, sales } = state.total.update((total = { cents: 0n, sales: 0 }) => ({
            cents: total.cents + sale.cents,
            sales: total.sales + 1,
          }))
          emit({ id: key, cents, sales, watermarkMs })
        },
      }),
    ),
  }),
  'map state': (s) => ({
    out: s.pipe(
      keyBy('id'),
      process({
        name: 'items',
        state: { items: mapState('items', { key: z.string(), value: long() }) },
        output: z.object({ id: z.string(), items: z.array(z.string()) }),
        onRecord({ item, cents }, { key, state: { items }, emit }) {
          if (cents === 0n) items.delete(item)
          else items.set(item, (items.get(item) ?? 0n) + cents)
          emit({ id: key, items: Array.from(items.entries(), ([name, total]) => `${name}=${total}`).sort() })
        },
      }),
    ),
  }),
}

type Step =
  | { readonly sales: readonly (readonly [Sale, number])[] }
  | { readonly watermarkMs: number }
  | { readonly rescaleTo: number }

const sale = fc.record({
  id: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'),
  item: fc.constantFrom('x', 'y', 'z'),
  cents: fc.bigInt({ min: 0n, max: 3n }),
})
const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({
        sales: fc.array(fc.tuple(sale, fc.integer({ min: 0, max: 600 })), { minLength: 1, maxLength: 6 }),
      }),
    },
    { weight: 2, arbitrary: fc.record({ watermarkMs: fc.integer({ min: 0, max: 600 }) }) },
    { weight: 1, arbitrary: fc.record({ rescaleTo: fc.constantFrom(1, 2, 3, 5) }) },
  ),
  { maxLength: 40 },
)

/** Rows of all outputs as text, in an order of their own: subtasks have none in common. */
function collect(from: { rows(port: never): unknown[] }, ports: readonly string[]): string[] {
  return ports.flatMap((port) => from.rows(port as never).map((row) => `${port} ${describeRow(row)}`))
}
const describeRow = (row: unknown) =>
  JSON.stringify(row, (_, value) => (typeof value === 'bigint' ? `${value}n` : value))

describe.each(Object.entries(KINDS))('%s', (kind, build) => {
  const ports = {
    windows: ['out', 'late'],
    'sliding windows': ['out', 'late'],
    sessions: ['out', 'late'],
    deduplicate: ['out', 'late'],
    unique: ['out', 'quarantined'],
  }[kind] ?? ['out']
  const parallel = (parallelism: number) =>
    testOperator<[Sale], ReturnType<typeof build>>(build, { parallelism, keyGroups: KEY_GROUPS })

  it(`is the same over rescales as without (seed ${FRESH_SEED})`, async () => {
    await fc.assert(
      fc.asyncProperty(steps, fc.constantFrom(1, 2, 3), async (all, parallelism) => {
        const whole = await harness(build)
        const rescaled = await parallel(parallelism)
        let watermarkMs = Number.NEGATIVE_INFINITY
        for (const step of all) {
          if ('rescaleTo' in step) {
            await rescaled.checkpoint()
            await rescaled.restart({ parallelism: step.rescaleTo })
          } else if ('watermarkMs' in step) {
            watermarkMs = Math.max(watermarkMs, step.watermarkMs)
            whole.watermark(watermarkMs)
            rescaled.watermark(watermarkMs)
          } else {
            whole.timed(step.sales)
            rescaled.timed(step.sales)
          }
        }
        whole.end(true)
        rescaled.end(true)
        expect(collect(rescaled, ports).sort()).toEqual(collect(whole, ports).sort())
      }),
      runs(4_000),
    )
  })

  it('is dealt out over 3 subtasks and over 2, each key to one', async () => {
    const ids = Array.from({ length: 200 }, (_, index) => `id-${index}`)
    const run = await parallel(1)
    run.timed(ids.map((id) => [{ id, item: 'x', cents: 1n }, 10] as const))
    for (const parallelism of [3, 2]) {
      await run.checkpoint()
      await run.restart({ parallelism })
      const { manifest } = await run.checkpoint()
      const entries = Array.from({ length: parallelism }, (_, subtask) => {
        const { first, last } = keyGroupRangeOf(subtask, parallelism, KEY_GROUPS)
        const own = manifest.keyed.filter(
          ({ firstKeyGroup, lastKeyGroup }) => firstKeyGroup >= first && lastKeyGroup <= last,
        )
        return own.reduce((total, chunk) => total + chunk.entries, 0)
      })
      expect(Math.min(...entries)).toBeGreaterThan(20)
      expect(entries.reduce((total, each) => total + each, 0)).toBe(200)
    }
  })
})
