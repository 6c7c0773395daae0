import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { keyBy, matchPattern, pattern } from '../../../operators/index.ts'
import type { PatternSpec } from '../../../operators/pattern/stages.ts'
import { milliseconds } from '../../../topology/duration.ts'
import type { Stream } from '../../../topology/stream.ts'
import { textOf } from '../../support/changelog.ts'
import { harness } from '../../support/operator-harness.ts'
import { runs } from '../../support/scale.ts'
import { type Found, patternOracle } from './oracle.ts'

interface Tick {
  key: string
  v: number
  n: number
}

/** Conditions that look at the record, at what was matched, and at what the stage has taken. */
const CONDITIONS = {
  is0: (row: Tick) => row.v === 0,
  is1: (row: Tick) => row.v === 1,
  below2: (row: Tick) => row.v < 2,
  any: () => true,
  aboveFirst: (row: Tick, matched: any) => [matched.s0 ?? []].flat().every(({ v }: Tick) => row.v > v),
  notBelowTaken: (row: Tick, _matched: unknown, taken: readonly Tick[] = []) => taken.every(({ v }) => row.v >= v),
} as const

const condition = fc.constantFrom(...Object.keys(CONDITIONS)) as fc.Arbitrary<keyof typeof CONDITIONS>
const repetition = fc.option(
  fc.record({
    least: fc.integer({ min: 1, max: 2 }),
    more: fc.constantFrom(0, 1, 2, Number.POSITIVE_INFINITY),
    inner: fc.constantFrom('relaxed', 'consecutive', 'allowCombinations'),
  }),
)
const absence = fc.option(fc.record({ kind: fc.constantFrom('notNext', 'notFollowedBy'), condition }), { freq: 3 })
const stage = fc.record({
  contiguity: fc.constantFrom('next', 'followedBy', 'followedByAny'),
  condition,
  repetition,
  isOptional: fc.boolean(),
  absence,
})
const described = fc.record({
  stages: fc.array(stage, { minLength: 1, maxLength: 4 }),
  required: fc.nat(3),
  final: fc.option(condition, { freq: 3 }),
  withinMs: fc.integer({ min: 1, max: 12 }),
})
type Described = typeof described extends fc.Arbitrary<infer D> ? D : never

function build({ stages, required, final, withinMs }: Described): { readonly spec: PatternSpec } {
  let built: any = pattern<Tick>()
  for (const [index, { contiguity, condition, repetition, isOptional, absence }] of stages.entries()) {
    if (index > 0 && absence !== null) built = built[absence.kind](`not${index}`, CONDITIONS[absence.condition])
    built = built[index === 0 ? 'begin' : contiguity](`s${index}`, CONDITIONS[condition])
    if (repetition !== null) {
      const { least, more, inner } = repetition
      built =
        more === Number.POSITIVE_INFINITY && least === 1
          ? built.oneOrMore()
          : built.times(least, least + Math.min(more, 2))
      if (inner !== 'relaxed') built = built[inner]()
    }
    if (isOptional && index !== required % stages.length) built = built.optional()
  }
  if (final !== null) built = built.notFollowedBy('final', CONDITIONS[final])
  return built.within(milliseconds(withinMs))
}

const tick = fc.record({ key: fc.constantFrom('x', 'y'), v: fc.integer({ min: 0, max: 2 }), waitsMs: fc.nat(3) })
const input = fc.record({
  pattern: described,
  skip: fc.constantFrom('noSkip', 'skipPastLastEvent'),
  ticks: fc.array(tick, { maxLength: 14 }),
  /** How far records are out of order: places that each may be moved by. */
  disorder: fc.array(fc.nat(3), { minLength: 14, maxLength: 14 }),
  watermarkEvery: fc.integer({ min: 1, max: 5 }),
  crashAt: fc.option(fc.nat(14)),
  /** Before the crash, and from then on. */
  parallelism: fc.tuple(fc.constantFrom(1, 2, 3), fc.constantFrom(1, 2, 3)),
  isDrained: fc.boolean(),
})

describe('matchPattern', () => {
  it('finds what the definition says, in any order of arrival, over crashes and rescales', async () => {
    await fc.assert(
      fc.asyncProperty(
        input,
        async ({ pattern: description, skip, ticks, disorder, watermarkEvery, crashAt, parallelism, isDrained }) => {
          let timestampMs = 0
          const records = ticks.map(({ key, v, waitsMs }, n) => {
            timestampMs += waitsMs
            return { row: { key, v, n }, timestampMs }
          })
          const arriving = records
            .map((record, index) => ({ record, place: index + disorder[index]! }))
            .toSorted((a, b) => a.place - b.place)
            .map(({ record }) => record)
          // Of one event time, arrival decides.
          const inOrder = arriving.toSorted((a, b) => a.timestampMs - b.timestampMs)

          const built = build(description)
          let run = await harness(
            (stream: Stream<Tick>) =>
              stream.pipe(keyBy('key'), matchPattern(built as never, { skip: skip as 'noSkip' })),
            { parallelism: parallelism[0] },
          )
          const found = { matches: [] as Found[], timedOut: [] as Found[] }
          const collect = () => {
            found.matches.push(...foundIn(run, 'out'))
            found.timedOut.push(...foundIn(run, 'timedOut'))
            expect(run.rows('late')).toEqual([])
          }
          for (const [index, record] of arriving.entries()) {
            if (index === crashAt) {
              collect()
              run = await run.restart({ parallelism: parallelism[1] })
            }
            run.timed([[record.row, record.timestampMs]])
            const rest = arriving.slice(index + 1).map((each) => each.timestampMs)
            if (index % watermarkEvery === 0) run.watermark(Math.min(record.timestampMs, ...rest) - 1)
          }
          if (isDrained) run.end(true)
          else run.watermark(timestampMs + 1000)
          collect()

          for (const key of ['x', 'y']) {
            const own = inOrder.filter(({ row }) => row.key === key)
            const expected = patternOracle(built.spec, own, skip as 'noSkip')
            const mine = (all: Found[]) => all.filter(({ row }) => keyOf(row) === key)
            expect(mine(found.matches)).toEqual(expected.matches)
            if (skip === 'noSkip') expect(sorted(mine(found.timedOut))).toEqual(sorted(expected.timedOut))
          }
        },
      ),
      runs(10_000),
    )
  })
})

function foundIn(run: any, port: string): Found[] {
  const timestampsMs = run.timestampsMs(port)
  return run.rows(port).map((row: unknown, index: number) => ({ row, timestampMs: timestampsMs[index] }))
}

function keyOf(match: Readonly<Record<string, unknown>>): string {
  return ([Object.values(match)[0]].flat()[0] as Tick).key
}

function sorted(found: readonly Found[]): Found[] {
  return found.toSorted((a, b) => (textOf(a) < textOf(b) ? -1 : 1))
}
