import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { keyBy, process } from '../../operators/index.ts'
import type { ProcessContext } from '../../operators/process/process-context.ts'
import { MAX_BATCH_ROWS } from '../../topology/element.ts'
import { int, long } from '../../topology/schema/index.ts'
import { mapState } from '../../topology/state/map-state.ts'
import { valueState } from '../../topology/state/value-state.ts'
import type { Stream } from '../../topology/stream.ts'
import { type HarnessSnapshot, harness } from '../support/operator-harness.ts'
import { FRESH_SEED, runs } from '../support/scale.ts'

interface Order {
  user: string
  item: string
  cents: bigint
}
const order = (user: string, cents: bigint | number, item = 'x'): Order => ({ user, item, cents: BigInt(cents) })

const Running = z.object({ user: z.string(), total: long() })
const total = valueState('total', { schema: long(), default: 0n })
const running = (s: Stream<Order>) =>
  s.pipe(
    keyBy('user'),
    process({
      name: 'running',
      state: { total },
      output: Running,
      onRecord({ cents }, { key, state, emit }) {
        emit({ user: key, total: state.total.update((sum) => sum + cents) })
      },
    }),
  )

/** A process that only calls `onRecord`, with a value and a map. */
const declared = {
  last: valueState('last', {
    schema: z.object({ cents: long(), items: z.array(z.string()), note: z.string().optional() }),
  }),
  items: mapState('items', { key: z.string(), value: z.object({ count: int() }) }),
}
type Context = ProcessContext<string, typeof declared, unknown>
const probe = (onRecord: (record: Order, context: Context) => unknown) => (s: Stream<Order>) =>
  s.pipe(keyBy('user'), process({ name: 'probe', state: declared, onRecord: onRecord as (record: Order) => void }))

describe('process', () => {
  it('emits nothing for nothing', async () => {
    const run = await harness(running)
    run.batch([]).end()
    expect(run.elements().map(({ kind }) => kind)).toEqual(['end'])
  })

  it('keeps a value for each key, within a batch and across them', async () => {
    const run = await harness(running)
    run.batch([order('ann', 1), order('bob', 5), order('ann', 2)]).batch([order('ann', 4)])
    expect(run.rows()).toEqual([
      { user: 'ann', total: 1n },
      { user: 'bob', total: 5n },
      { user: 'ann', total: 3n },
      { user: 'ann', total: 7n },
    ])
  })

  it('goes on after a restore as before it', async () => {
    const run = await harness(running)
    run.batch([order('ann', 1), order('bob', 5)])
    const next = await run.restart()
    next.batch([order('bob', 1), order('ann', 1), order('eve', 1)])
    expect(next.rows().map((row) => row.total)).toEqual([6n, 2n, 1n])
  })

  it('tells keys apart by type', async () => {
    const run = await harness((s: Stream<{ id: string | number | bigint | boolean }>) =>
      s.pipe(
        keyBy('id'),
        process({
          name: 'seen',
          state: { seen: valueState('seen', { schema: int(), default: 0 }) },
          output: z.object({ seen: int() }),
          onRecord: (_, { state, emit }) => emit({ seen: state.seen.update((seen) => seen + 1) }),
        }),
      ),
    )
    run.batch([{ id: '1' }, { id: 1 }, { id: 1n }, { id: true }, { id: 1 }, { id: 0 }, { id: -0 }])
    expect(run.rows().map(({ seen }) => seen)).toEqual([1, 1, 1, 1, 2, 1, 2])
  })

  it('shows the key: a value, an object of several, or what the function gave', async () => {
    const keys: unknown[] = []
    const note = (_: unknown, { key }: { readonly key: unknown }) => void keys.push(key)
    for (const keyed of [
      (s: Stream<Order>) => s.pipe(keyBy('user'), process({ name: 'p', onRecord: note })),
      (s: Stream<Order>) => s.pipe(keyBy('user', 'cents'), process({ name: 'p', onRecord: note })),
      (s: Stream<Order>) =>
        s.pipe(
          keyBy((row) => row.cents > 3n),
          process({ name: 'p', onRecord: note }),
        ),
    ]) {
      const run = await harness(keyed)
      run.batch([order('ann', 7)])
    }
    expect(keys).toEqual(['ann', { user: 'ann', cents: 7n }, true])
  })

  it('gives rows the event time of their record, or none where there is none', async () => {
    const run = await harness(running)
    run
      .timed([
        [order('ann', 1), 10],
        [order('bob', 1), 20],
      ])
      .batch([order('ann', 1)])
    expect(run.batches().map(({ timestampsMs }) => timestampsMs && [...timestampsMs])).toEqual([[10, 20], undefined])
    expect(run.batches().every(({ keys, keyGroups }) => keys === undefined && keyGroups === undefined)).toBe(true)
  })

  it('shows event time and watermark, and passes watermarks and ends on', async () => {
    const seen: unknown[] = []
    const build = probe((_, { timestampMs, watermarkMs }) => seen.push([timestampMs, watermarkMs]))
    const run = await harness(build)
    run
      .timed([[order('ann', 1), 10]])
      .watermark(9)
      .timed([[order('ann', 1), 5]])
      .end(true)
    expect(run.watermarks()).toEqual([9, Number.POSITIVE_INFINITY])
    expect(run.elements().at(-1)).toEqual({ kind: 'end', drain: true })
    // After a restore the last real watermark holds, before any comes and against an older one.
    const next = await run.restart()
    next
      .timed([[order('ann', 1), 11]])
      .watermark(3)
      .timed([[order('ann', 1), 12]])
      .batch([order('ann', 1)])
    expect(seen).toEqual([
      [10, Number.NEGATIVE_INFINITY],
      [5, 9],
      [11, 9],
      [12, 9],
      [undefined, 9],
    ])
  })

  it('emits any number of rows, in batches that are not too large', async () => {
    const many = (s: Stream<Order>) =>
      s.pipe(
        keyBy('user'),
        process({
          name: 'many',
          onRecord(row, { emit }) {
            for (let left = Number(row.cents); left > 0; left--) emit(row)
          },
        }),
      )
    const run = await harness(many)
    run.timed([
      [order('ann', 0), 1],
      [order('bob', 2 * MAX_BATCH_ROWS), 2],
      [order('eve', 3), 3],
    ])
    expect(run.batches().map(({ length }) => length)).toEqual([MAX_BATCH_ROWS, MAX_BATCH_ROWS, 3])
    expect(run.timestampsMs().filter((timestampMs) => timestampMs === 3)).toHaveLength(3)
  })

  it('has a value or none, until it is cleared', async () => {
    const seen: unknown[] = []
    const run = await harness(
      probe(({ cents, item }, { state }) => {
        seen.push(state.last.get())
        if (item === 'clear') state.last.clear()
        else state.last.set({ cents, items: [item], note: null })
      }),
    )
    run.batch([order('ann', 1, 'a'), order('ann', 2, 'clear'), order('ann', 3), order('bob', 4)])
    expect(seen).toEqual([undefined, { cents: 1n, items: ['a'], note: null }, undefined, undefined])
  })

  it('keeps a copy of what is set', async () => {
    const items: string[] = ['a']
    const seen: unknown[] = []
    const run = await harness(
      probe(({ cents }, { state }) => {
        seen.push(state.last.get()?.items)
        state.last.set({ cents, items, note: null })
        items.push('b')
      }),
    )
    run.batch([order('ann', 1), order('ann', 2)])
    expect(seen).toEqual([undefined, ['a']])
  })

  it('keeps a map for each key', async () => {
    const seen: unknown[] = []
    const run = await harness(
      probe(({ item, cents }, { state: { items } }) => {
        if (cents === 0n) seen.push([items.delete(item), items.has(item), items.size, [...items.keys()].sort()])
        else items.set(item, { count: (items.get(item)?.count ?? 0) + Number(cents) })
        if (item === 'show') seen.push([...items.entries()].sort())
        if (item === 'clear') {
          items.clear()
          seen.push([items.size, items.get('a'), [...items.entries()]])
        }
      }),
    )
    run.batch([order('ann', 1, 'a'), order('bob', 5, 'a'), order('ann', 2, 'a'), order('ann', 1, 'b')])
    run.batch([order('ann', 0, 'nope'), order('ann', 0, 'b'), order('ann', 7, 'show'), order('ann', 7, 'clear')])
    run.batch([order('bob', 1, 'show')])
    expect(seen).toEqual([
      [false, false, 2, ['a', 'b']],
      [true, false, 1, ['a']],
      [
        ['a', { count: 3 }],
        ['show', { count: 7 }],
      ],
      [0, undefined, []],
      [
        ['a', { count: 5 }],
        ['show', { count: 1 }],
      ],
    ])
  })

  it('knows the entries of a map after a restore, whoever asks first', async () => {
    const seen: unknown[] = []
    const build = probe(({ item }, { state: { items } }) => {
      if (item === 'show') seen.push([...items.keys()].sort(), items.size)
      else items.set(item, { count: 1 })
    })
    const run = await harness(build)
    run.batch([order('ann', 1, 'a'), order('bob', 1, 'b'), order('ann', 1, 'c')])
    const next = await run.restart()
    next.batch([order('ann', 1, 'd'), order('ann', 1, 'show'), order('eve', 1, 'show')])
    expect(seen).toEqual([['a', 'c', 'd'], 3, [], 0])
  })

  it('lets entries be deleted while they are looked through', async () => {
    const seen: number[] = []
    const run = await harness(
      probe(({ item, cents }, { state: { items } }) => {
        items.set(item, { count: Number(cents) })
        if (item !== 'sweep') return
        for (const [key, { count }] of items.entries()) if (count % 2 === 0) items.delete(key)
        seen.push(items.size, ...Array.from(items.entries(), ([, { count }]) => count).sort())
      }),
    )
    run.batch([1, 2, 3, 4, 6].map((n) => order('ann', n, `${n}`)))
    run.batch([order('ann', 7, 'sweep')])
    expect(seen).toEqual([3, 1, 3, 7])
  })

  it('names operator, function and record when it throws', async () => {
    const run = await harness(
      probe(() => {
        throw new Error('no such price')
      }),
    )
    expect(() => run.batch([order('ann', 7)])).toThrow(
      expect.objectContaining({
        code: 'OPERATOR_FAILED',
        message: "probe: onRecord failed on { user: 'ann', item: 'x', cents: 7n }: no such price",
        details: expect.objectContaining({ uid: 'probe', function: 'onRecord' }),
      }),
    )
  })

  it('refuses a promise, and lets what becomes of it be', async () => {
    const run = await harness(
      probe(async (_, { state }) => {
        await undefined
        state.last.get()
      }),
    )
    expect(() => run.batch([order('ann', 7)])).toThrow(
      /probe: onRecord failed on .*: it must return nothing, not a promise: operators are synchronous/,
    )
    // An unhandled rejection would end this process.
    await new Promise((resolve) => setImmediate(resolve))
  })

  it.each([
    [
      ({ last }: Context['state']) => last.set({ cents: 1, items: [] } as never),
      'state last: cents: expected a bigint of 64 bits, got number 1',
    ],
    [
      ({ last }: Context['state']) => last.update(() => undefined as never),
      'state last: expected an object, got undefined',
    ],
    [
      ({ items }: Context['state']) => items.set('a', { count: 1.5 }),
      'state items: count: expected an integer of 32 bits, got number 1.5',
    ],
    [({ items }: Context['state']) => items.get(7 as never), 'state items: key: expected a string, got number 7'],
  ])('names record, state and field of a value that does not fit: %#', async (misuse, message) => {
    const run = await harness(probe((_, { state }) => misuse(state)))
    expect(() => run.batch([order('ann', 7)])).toThrow(
      expect.objectContaining({
        code: 'OPERATOR_FAILED',
        message: `probe: onRecord failed on { user: 'ann', item: 'x', cents: 7n }: ${message}`,
      }),
    )
  })

  it('refuses state, key and emit outside of onRecord', async () => {
    let kept: Context | undefined
    const run = await harness(
      probe((_, context) => {
        kept = context
      }),
    )
    run.batch([order('ann', 7)])
    const { state, emit } = kept!
    for (const misuse of [
      () => state.last.get(),
      () => state.last.set({ cents: 1n, items: [], note: null }),
      () => state.last.clear(),
      () => state.items.get('a'),
      () => state.items.delete('a'),
      () => state.items.size,
      () => state.items.keys(),
      () => [...state.items.entries()],
      () => kept!.key,
      () => emit({}),
    ]) {
      expect(misuse).toThrow(
        expect.objectContaining({
          code: 'STATE_OUTSIDE_CALL',
          message: expect.stringMatching(/^probe: .* outside of onRecord, where there is no current key$/),
        }),
      )
    }
  })

  it('refuses a stream without keys', async () => {
    const unkeyed = process({ name: 'p', onRecord: () => undefined }) as unknown as (s: Stream<Order>) => Stream<Order>
    await expect(harness(unkeyed)).rejects.toMatchObject({
      code: 'UNKEYED',
      message: 'process() works per key, and input is not keyed',
    })
  })

  it('refuses two states of one name', () => {
    expect(() =>
      process({
        name: 'twice',
        state: { a: valueState('n', { schema: int() }), b: mapState('n', { key: z.string(), value: int() }) },
        onRecord: () => undefined,
      }),
    ).toThrow(
      expect.objectContaining({ code: 'STATE_DECLARATION', message: 'twice declares two states with the name "n"' }),
    )
  })

  it('says how many entries each state holds', async () => {
    const run = await harness(
      probe(({ cents, item }, { state }) => {
        state.last.set({ cents, items: [], note: null })
        state.items.set(item, { count: 1 })
      }),
    )
    run.batch([order('ann', 1, 'a'), order('ann', 1, 'b'), order('bob', 1, 'a')])
    expect(run.gauges.get('state_entries{state="last"}')).toBe(2)
    expect(run.gauges.get('state_entries{state="items"}')).toBe(3)
  })

  it(`does as a naive oracle, whatever is done to its state, over checkpoints taken meanwhile (seed ${FRESH_SEED})`, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 80, size: 'max' }), async (steps) => {
        let run = await harness(obey)
        let oracle = new Oracle()
        const actual: unknown[] = []
        const expected: unknown[] = []
        let checkpoint: { readonly snapshot: Promise<HarnessSnapshot>; readonly oracle: Oracle } | undefined
        for (const each of steps) {
          if (each === 'checkpoint') {
            await checkpoint?.snapshot
            // The cut is made before the call returns; it is encoded while the steps that follow change the state.
            checkpoint = { snapshot: run.snapshot(), oracle: oracle.copy() }
          } else if (each === 'restore') {
            if (checkpoint === undefined) continue
            actual.push(...run.rows())
            run = await harness(obey, { restored: await checkpoint.snapshot })
            oracle = checkpoint.oracle.copy()
          } else if (each === 'turn') {
            await new Promise((resolve) => setImmediate(resolve))
          } else {
            run.batch([each])
            expected.push(oracle.obey(each))
          }
        }
        await checkpoint?.snapshot
        expect([...actual, ...run.rows()]).toEqual(expected)
      }),
      runs(20_000),
    )
  })
})

interface Command {
  readonly user: string
  readonly verb: 'add' | 'clear value' | 'put' | 'take' | 'list' | 'clear map'
  readonly key: string
  readonly n: number
}

const step = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.record<Command>({
      user: fc.constantFrom('ann', 'bob', 'eve'),
      verb: fc.constantFrom('add', 'clear value', 'put', 'put', 'put', 'take', 'list', 'clear map'),
      key: fc.constantFrom('a', 'b', 'c', 'd', 's1:a'),
      n: fc.integer({ min: -5, max: 5 }),
    }),
  },
  { weight: 1, arbitrary: fc.constant('checkpoint' as const) },
  { weight: 1, arbitrary: fc.constant('restore' as const) },
  { weight: 2, arbitrary: fc.constant('turn' as const) },
)

/** What the value and the map were, after a command. */
const Told = z.object({ value: int().nullable(), entry: int().nullable(), entries: z.array(z.string()).nullable() })

const obey = (s: Stream<Command>) =>
  s.pipe(
    keyBy('user'),
    process({
      name: 'obey',
      state: { value: valueState('value', { schema: int() }), map: mapState('map', { key: z.string(), value: int() }) },
      output: Told,
      onRecord({ verb, key, n }, { state: { value, map }, emit }) {
        if (verb === 'add') value.update((sum = 0) => sum + n)
        else if (verb === 'clear value') value.clear()
        else if (verb === 'put') map.set(key, n)
        else if (verb === 'take') map.delete(key)
        else if (verb === 'clear map') map.clear()
        const entries = verb === 'list' ? Array.from(map.entries(), ([name, count]) => `${name}=${count}`).sort() : null
        emit({ value: value.get() ?? null, entry: map.get(key) ?? null, entries })
      },
    }),
  )

class Oracle {
  private readonly values = new Map<string, number>()
  private readonly maps = new Map<string, Map<string, number>>()

  obey({ user, verb, key, n }: Command): unknown {
    const map = this.maps.get(user) ?? new Map<string, number>()
    this.maps.set(user, map)
    if (verb === 'add') this.values.set(user, (this.values.get(user) ?? 0) + n)
    else if (verb === 'clear value') this.values.delete(user)
    else if (verb === 'put') map.set(key, n)
    else if (verb === 'take') map.delete(key)
    else if (verb === 'clear map') map.clear()
    const entries = verb === 'list' ? Array.from(map, ([name, count]) => `${name}=${count}`).sort() : null
    return { value: this.values.get(user) ?? null, entry: map.get(key) ?? null, entries }
  }

  copy(): Oracle {
    const copy = new Oracle()
    for (const [user, value] of this.values) copy.values.set(user, value)
    for (const [user, map] of this.maps) copy.maps.set(user, new Map(map))
    return copy
  }
}
