import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { aggregatingState, avg, keyBy, process, windowStart } from '../../operators/index.ts'
import { int } from '../../topology/schema/index.ts'
import { listState } from '../../topology/state/list-state.ts'
import { reducingState } from '../../topology/state/reducing-state.ts'
import type { Stream } from '../../topology/stream.ts'
import { harness } from '../support/operator-harness.ts'
import { FRESH_SEED, runs } from '../support/scale.ts'

const Told = z.object({ list: z.array(int()), most: int().nullable(), mean: z.number().nullable() })
const Command = z.object({ user: z.string(), n: int() })
type Command = z.infer<typeof Command>

/** Adds n to all states, 0 clears them; tells what they hold. */
const kept = (s: Stream<Command>) =>
  s.pipe(
    keyBy('user'),
    process({
      name: 'kept',
      state: {
        list: listState('list', { element: int() }),
        most: reducingState('most', { schema: int(), reduce: (a, b) => Math.max(a, b) }),
        mean: aggregatingState('mean', Command, avg('n')),
      },
      output: Told,
      onRecord(command, { state: { list, most, mean }, emit }) {
        if (command.n === 0) {
          list.clear()
          most.clear()
          mean.clear()
        } else {
          list.append(command.n)
          most.add(command.n)
          mean.add(command)
        }
        emit({ list: list.get(), most: most.get() ?? null, mean: mean.get() ?? null })
      },
    }),
  )

const add = (user: string, n: number): Command => ({ user, n })

describe('lists, reductions and aggregates', () => {
  it('are of their key, until they are cleared', async () => {
    const run = await harness(kept)
    run.batch([add('ann', 1), add('ann', 4), add('bob', 2), add('ann', 0), add('bob', 3), add('ann', 5)])
    expect(run.rows()).toEqual([
      { list: [1], most: 1, mean: 1 },
      { list: [1, 4], most: 4, mean: 2.5 },
      { list: [2], most: 2, mean: 2 },
      { list: [], most: null, mean: null },
      { list: [2, 3], most: 3, mean: 2.5 },
      { list: [5], most: 5, mean: 5 },
    ])
  })

  it('copy what they are given', async () => {
    const run = await harness((s: Stream<{ user: string; items: string[] }>) =>
      s.pipe(
        keyBy('user'),
        process({
          name: 'copies',
          state: { lists: listState('lists', { element: z.array(z.string()) }) },
          output: z.object({ lists: z.array(z.array(z.string())) }),
          onRecord({ items }, { state, emit }) {
            state.lists.append(items)
            items.push('later')
            emit({ lists: state.lists.get().map((list) => [...list]) })
          },
        }),
      ),
    )
    run.batch([{ user: 'ann', items: ['a'] }])
    expect(run.rows()).toEqual([{ lists: [['a']] }])
  })

  it('tell how many entries there are, of lists their elements', async () => {
    const run = await harness(kept)
    run.batch([add('ann', 1), add('ann', 2), add('bob', 1)])
    expect(run.gauges.get('state_entries{state="list"}')).toBe(3)
    expect(run.gauges.get('state_entries{state="most"}')).toBe(2)
    expect(run.gauges.get('state_entries{state="mean"}')).toBe(2)
  })

  it.each([
    ['list', 'state list: expected'],
    ['sum', 'state sum: expected'],
    ['promised', 'state promised: reduce must return a value, not a promise'],
    ['mean', 'state mean: avg(n): expected'],
  ])('refuse what does not fit: %s', async (verb, message) => {
    const run = await harness((s: Stream<{ user: string; verb: string }>) =>
      s.pipe(
        keyBy('user'),
        process({
          name: 'unfit',
          state: {
            list: listState('list', { element: int() }),
            sum: reducingState('sum', { schema: int(), reduce: () => 'x' as unknown as number }),
            promised: reducingState('promised', {
              schema: z.object({ n: int().nullable() }),
              reduce: (async () => ({ n: 1 })) as never,
            }),
            mean: aggregatingState('mean', Command, avg('n')),
          },
          onRecord(_, { state }) {
            if (verb === 'list') state.list.append(1.5)
            if (verb === 'sum') for (const n of [1, 2]) state.sum.add(n)
            if (verb === 'promised') for (const n of [1, 2]) state.promised.add({ n })
            if (verb === 'mean') state.mean.add({ user: 'ann', n: 'many' as unknown as number })
          },
        }),
      ),
    )
    expect(() => run.batch([{ user: 'ann', verb }])).toThrow(message)
  })

  it('gather no bounds of a window', () => {
    expect(() => aggregatingState('start', Command, windowStart())).toThrow(
      expect.objectContaining({ code: 'STATE_DECLARATION' }),
    )
  })

  it(`do as a naive oracle, over restarts (seed ${FRESH_SEED})`, async () => {
    const step = fc.oneof(
      {
        weight: 8,
        arbitrary: fc.record({ user: fc.constantFrom('ann', 'bob'), n: fc.integer({ min: -2, max: 6 }) }),
      },
      { weight: 1, arbitrary: fc.constant('restart' as const) },
    )
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        let run = await harness(kept)
        const lists = new Map<string, number[]>()
        const actual: unknown[] = []
        const expected: unknown[] = []
        for (const each of steps) {
          if (each === 'restart') {
            actual.push(...run.rows())
            run = await run.restart()
            continue
          }
          run.batch([each])
          const list = each.n === 0 ? [] : [...(lists.get(each.user) ?? []), each.n]
          lists.set(each.user, list)
          const sum = list.reduce((a, b) => a + b, 0)
          expected.push({
            list,
            most: list.length === 0 ? null : Math.max(...list),
            mean: list.length === 0 ? null : expect.closeTo(sum / list.length, 9),
          })
        }
        expect([...actual, ...run.rows()]).toEqual(expected)
      }),
      runs(10_000),
    )
  })
})
