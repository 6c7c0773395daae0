/** What a user's function must not do, for each operator that takes one: an error names operator, function and value. */
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import {
  aggregate,
  apply,
  asyncMap,
  branch,
  changes,
  cleanse,
  cleanseWith,
  coProcess,
  count,
  countWindow,
  custom,
  customAggregate,
  eventTime,
  filter,
  flatMap,
  intervalJoin,
  join,
  expect as judged,
  keyBy,
  latest,
  lookupJoin,
  map,
  matchPattern,
  max,
  pattern,
  process,
  processWithBroadcast,
  punctuated,
  rules,
  runningAggregate,
  session,
  sliding,
  sum,
  type Timers,
  temporalJoin,
  topN,
  tumbling,
  twoPhaseAggregate,
  where,
  window,
  windowAll,
  windowJoin,
} from '../../operators/index.ts'
import { milliseconds } from '../../topology/duration.ts'
import { int } from '../../topology/schema/index.ts'
import { mapState } from '../../topology/state/map-state.ts'
import { reducingState } from '../../topology/state/reducing-state.ts'
import { valueState } from '../../topology/state/value-state.ts'
import type { AnyStream, Stream } from '../../topology/stream.ts'
import { harness } from '../support/operator-harness.ts'

interface Item {
  readonly key: string
  readonly n: number
}

/** A user's function: what it returns is what is tried. */
type Tried = (...given: any[]) => any

interface Case {
  readonly build: (fn: Tried) => (input: Stream<Item>, other: Stream<Item>) => AnyStream | { readonly out: AnyStream }
  readonly uid: string
  readonly function: string | RegExp
  /** `nothing`: it needs to return nothing, or has no value to give. @default refused */
  readonly undefined?: 'refused' | 'nothing'
  /** `awaited`: it is what a promise is of. @default refused */
  readonly promise?: 'refused' | 'awaited'
}

const ItemSchema = z.object({ key: z.string(), n: int() })
const Result = z.object({ key: z.string() })
const tens = tumbling(milliseconds(10))
const near = { lower: milliseconds(-5), upper: milliseconds(5) }
const counting = {
  name: 'counted',
  accumulator: z.object({ total: int() }),
  create: (): any => ({ total: 0 }),
  add: ({ total }: any): any => ({ total: total + 1 }),
  merge: (a: any, b: any): any => ({ total: a.total + b.total }),
  result: ({ total }: any): any => total,
}

const CASES: Readonly<Record<string, Case>> = {
  map: { build: (fn) => (input) => input.pipe(map(fn)), uid: 'map-1', function: 'the function of map' },
  'map before another': {
    build: (fn) => (input) =>
      input.pipe(
        map(fn),
        filter(() => true),
        map(() => 1),
      ),
    uid: 'map-1',
    function: 'the function of map',
  },
  filter: { build: (fn) => (input) => input.pipe(filter(fn)), uid: 'filter-1', function: 'the function of filter' },
  flatMap: { build: (fn) => (input) => input.pipe(flatMap(fn)), uid: 'flatMap-1', function: 'the function of flatMap' },
  'flatMap, an element': {
    build: (fn) => (input) => input.pipe(flatMap((row) => [fn(row)])),
    uid: 'flatMap-1',
    function: 'the function of flatMap',
  },
  branch: {
    build: (fn) => (input) => input.pipe(branch({ some: fn })),
    uid: 'branch-1',
    function: 'branch "some"',
  },
  keyBy: { build: (fn) => (input) => input.pipe(keyBy(fn)), uid: 'keyBy-1', function: 'the key function' },
  cleanse: {
    build: (fn) => (input) => input.pipe(cleanse({ key: cleanseWith(fn) })),
    uid: 'cleanse-1',
    function: 'the function of map',
  },
  'a rule': {
    build: (fn) => (input) => input.pipe(judged(rules(ItemSchema, [custom('own', fn as () => boolean, 'no')]))),
    uid: 'expect-1',
    function: 'rule own',
  },
  eventTime: {
    build: (fn) => (input) => input.pipe(eventTime(fn, { outOfOrderness: milliseconds(10) })),
    uid: 'eventTime',
    function: 'the event time function',
  },
  'a punctuation': {
    build: (fn) => (input) => input.pipe(eventTime(({ n }) => n, punctuated(fn))),
    uid: 'eventTime',
    function: 'the punctuation function',
    undefined: 'nothing',
  },
  asyncMap: {
    build: (fn) => (input) => input.pipe(asyncMap(async (row) => fn(row), { name: 'asked' })),
    uid: 'asked',
    function: 'the function of asyncMap',
    promise: 'awaited',
  },
  'an aggregate': {
    build: (fn) => (input) => input.pipe(keyBy('key'), window(tens), aggregate({ best: max(fn) }, { name: 'best' })),
    uid: 'best',
    function: 'best: max(function)',
    undefined: 'nothing',
  },
  "a filtered aggregate's predicate": {
    build: (fn) => (input) =>
      input.pipe(keyBy('key'), window(tens), aggregate({ some: where(fn, count()) }, { name: 'some' })),
    uid: 'some',
    function: /^some: count/,
  },
  ...ofAccumulator('add', (fn) => ({ ...counting, add: fn })),
  ...ofAccumulator('create', (fn) => ({ ...counting, create: fn })),
  ...ofAccumulator('result', (fn) => ({ ...counting, result: fn })),
  windowAll: {
    build: (fn) => (input) => input.pipe(windowAll(tens), aggregate({ total: sum(fn) }, { name: 'all' })),
    uid: 'all',
    function: 'total: sum(function)',
    undefined: 'nothing',
  },
  twoPhaseAggregate: {
    build: (fn) => (input) => input.pipe(keyBy('key'), window(tens), twoPhaseAggregate({ best: max(fn) })),
    uid: 'partials-1',
    function: 'best: max(function)',
    undefined: 'nothing',
  },
  'the key of a twoPhaseAggregate': {
    build: (fn) => (input) => input.pipe(keyBy(fn), window(tens), twoPhaseAggregate({ items: count() })),
    uid: 'partials-1',
    function: 'the key function',
  },
  runningAggregate: {
    build: (fn) => (input) =>
      input.pipe(keyBy('key'), runningAggregate({ best: max(fn) }, { name: 'running' }), changes()),
    uid: 'running',
    function: 'best: max(function)',
    undefined: 'nothing',
  },
  apply: {
    build: (fn) => (input) =>
      input.pipe(keyBy('key'), window(tens), apply({ name: 'applied', output: Result, onWindow: fn })),
    uid: 'applied',
    function: 'onWindow',
    undefined: 'nothing',
  },
  'apply, what it emits': {
    build: (fn) => (input) =>
      input.pipe(
        keyBy('key'),
        window(tens),
        apply({ name: 'applied', output: Result, onWindow: (rows, { emit }) => emit(fn(rows)) }),
      ),
    uid: 'applied',
    function: 'onWindow',
  },
  topN: {
    build: (fn) => (input) => input.pipe(keyBy('key'), topN(2, fn, { name: 'top' }), changes()),
    uid: 'top',
    function: 'function',
    undefined: 'nothing',
  },
  latest: {
    build: (fn) => (input) => input.pipe(keyBy('key'), latest(fn, { name: 'last' }), changes()),
    uid: 'last',
    function: 'function',
    undefined: 'nothing',
  },
  process: {
    build: (fn) => (input) => input.pipe(keyBy('key'), process({ name: 'own', output: Result, onRecord: fn })),
    uid: 'own',
    function: 'onRecord',
    undefined: 'nothing',
  },
  'process, what it emits': {
    build: (fn) => (input) =>
      input.pipe(keyBy('key'), process({ name: 'own', output: Result, onRecord: (row, { emit }) => emit(fn(row)) })),
    uid: 'own',
    function: 'onRecord',
  },
  'process, a timer': {
    build: (fn) => (input) =>
      input.pipe(
        keyBy('key'),
        process({ name: 'own', output: Result, onRecord: (_row, { timers }) => timers.eventTime(0), onTimer: fn }),
      ),
    uid: 'own',
    function: 'onTimer',
    undefined: 'nothing',
  },
  'process, what it keeps': {
    build: (fn) => (input) =>
      input.pipe(
        keyBy('key'),
        process({
          name: 'own',
          state: { kept: valueState('kept', { schema: int() }) },
          onRecord: (row, { state }) => void state.kept.update(() => fn(row)),
        }),
      ),
    uid: 'own',
    function: 'onRecord',
  },
  'process, what it reduces': {
    build: (fn) => (input) =>
      input.pipe(
        keyBy('key'),
        process({
          name: 'own',
          state: { kept: reducingState('kept', { schema: int(), reduce: fn }) },
          onRecord({ n }, { state }) {
            state.kept.add(n)
            state.kept.add(n)
          },
        }),
      ),
    uid: 'own',
    function: 'onRecord',
  },
  coProcess: {
    build: (fn) => (input, other) =>
      input.pipe(
        keyBy('key'),
        coProcess(other.pipe(keyBy('key')), { name: 'both', output: Result, onLeft: () => {}, onRight: fn }),
      ),
    uid: 'both',
    function: 'onRight',
    undefined: 'nothing',
  },
  processWithBroadcast: {
    build: (fn) => (input, other) =>
      input.pipe(
        keyBy('key'),
        processWithBroadcast(other, {
          name: 'told',
          broadcast: { known: mapState('known', { key: z.string(), value: int() }) },
          output: Result,
          onRecord: () => {},
          onBroadcast: fn,
        }),
      ),
    uid: 'told',
    function: 'onBroadcast',
    undefined: 'nothing',
  },
  'intervalJoin, select': {
    build: (fn) => (input, other) =>
      input.pipe(keyBy('key'), intervalJoin(other.pipe(keyBy('key')), { ...near, select: fn, name: 'near' })),
    uid: 'near',
    function: 'select',
  },
  'intervalJoin, where': {
    build: (fn) => (input, other) =>
      input.pipe(
        keyBy('key'),
        intervalJoin(other.pipe(keyBy('key')), { ...near, where: fn, select: (left) => left, name: 'near' }),
      ),
    uid: 'near',
    function: 'where',
  },
  windowJoin: {
    build: (fn) => (input, other) =>
      input.pipe(keyBy('key'), window(tens), windowJoin(other.pipe(keyBy('key')), { select: fn, name: 'windowed' })),
    uid: 'windowed',
    function: 'select',
  },
  temporalJoin: {
    build: (fn) => (input, other) =>
      input.pipe(keyBy('key'), temporalJoin(other.pipe(keyBy('key')), { select: fn, name: 'versioned' })),
    uid: 'versioned',
    function: 'select',
  },
  join: {
    build: (fn) => (input, other) =>
      input.pipe(keyBy('key'), join(other.pipe(keyBy('key')), { select: fn, name: 'whole' })),
    uid: 'whole',
    function: 'select',
  },
  'lookupJoin, by': {
    build: (fn) => (input) =>
      input.pipe(lookupJoin({ by: fn, load: async () => ({}), select: (row) => row, name: 'looked-up' })),
    uid: 'looked-up',
    function: 'by',
  },
  'lookupJoin, load': {
    build: (fn) => (input) =>
      input.pipe(lookupJoin({ by: ({ key }) => key, load: async () => fn(), select: (row) => row, name: 'looked-up' })),
    uid: 'looked-up',
    function: 'function load',
    undefined: 'nothing',
    promise: 'awaited',
  },
  'lookupJoin, select': {
    build: (fn) => (input) =>
      input.pipe(lookupJoin({ by: ({ key }) => key, load: async () => ({}), select: fn, name: 'looked-up' })),
    uid: 'looked-up',
    function: 'select',
  },
  matchPattern: {
    build: (fn) => (input) =>
      input.pipe(keyBy('key'), matchPattern(pattern<Item>().begin('first', fn), { name: 'matched' })),
    uid: 'matched',
    function: 'the condition of "first"',
  },
}

/** Each function of an aggregate of the job's own. */
function ofAccumulator(what: string, options: (fn: Tried) => typeof counting): Readonly<Record<string, Case>> {
  return {
    [`customAggregate, ${what}`]: {
      build: (fn) => (input) =>
        input.pipe(keyBy('key'), window(tens), aggregate({ own: customAggregate(options(fn)) }, { name: 'own' })),
      uid: 'own',
      function: /^own: counted/,
    },
  }
}

const ITEM: Item = { key: 'a', n: 1 }

/** Gives the operator two records, on each of its inputs, and all of time. */
async function run({ build }: Case, fn: Tried): Promise<void> {
  const operator = build(fn)
  const test = await harness<Item, any>(operator as never)
  const inputs = Array.from({ length: operator.length }, (_, index) => test.input(index))
  for (const input of inputs) {
    input.timed([
      [ITEM, 1],
      [ITEM, 2],
    ])
  }
  await test.clock.turn()
  await test.settled()
  for (const input of inputs) input.watermark(100)
  for (const input of inputs) input.end(true)
  await test.settled()
}

function refusal({ uid, function: name }: Pick<Case, 'uid' | 'function'>): unknown {
  return expect.objectContaining({
    code: 'OPERATOR_FAILED',
    message: expect.stringContaining(uid),
    details: expect.objectContaining({
      uid,
      function: typeof name === 'string' ? name : expect.stringMatching(name),
      value: expect.any(String),
    }),
  })
}

const all = Object.entries(CASES)

describe('a function', () => {
  it.each(all)('that throws: %s', async (_name, tried) => {
    await expect(
      run(tried, () => {
        throw new RangeError('nobody can stand it')
      }),
    ).rejects.toEqual(refusal(tried))
  })

  it.each(all)('that returns undefined where a value belongs: %s', async (_name, tried) => {
    const result = run(tried, () => undefined)
    if (tried.undefined === 'nothing') await result
    else await expect(result).rejects.toEqual(refusal(tried))
  })

  it.each(all.filter(([, { promise }]) => promise !== 'awaited'))(
    'that returns a promise where a value belongs: %s',
    async (_name, tried) => {
      await expect(run(tried, async () => 1)).rejects.toEqual(refusal(tried))
    },
  )
})

describe('a key', () => {
  it.each([
    ['NaN', Number.NaN],
    ['null', null],
    ['an object', {}],
  ])('that is %s is refused', async (_name, key) => {
    await expect(run(CASES['keyBy']!, () => key)).rejects.toEqual(refusal(CASES['keyBy']!))
  })

  it('of a field that is NaN is refused, and so is one of several', async () => {
    for (const fields of [['n'], ['key', 'n']] as const) {
      const test = await harness((input: Stream<Item>) => input.pipe(keyBy(...(fields as unknown as ['n']))))
      expect(() => test.batch([{ key: 'a', n: Number.NaN }])).toThrow(
        expect.objectContaining({
          code: 'OPERATOR_FAILED',
          details: expect.objectContaining({ uid: 'keyBy-1', function: `keyBy(${fields.join(', ')})` }),
        }),
      )
    }
  })

  it('of another type is another key', async () => {
    const mixed = ['1', 1, 1n, true]
    const test = await harness((input: Stream<Item>) =>
      input.pipe(
        keyBy(({ n }) => mixed[n]!),
        runningAggregate({ items: count() }),
        changes(),
      ),
    )
    test.batch(mixed.map((_key, n) => ({ key: 'a', n })))
    expect(test.rows()).toEqual(mixed.map((key) => ({ key, items: 1n, kind: 'insert' })))
  })
})

describe('a timer', () => {
  const setting = (onTimer: (timers: Timers) => void) => (input: Stream<Item>) =>
    input.pipe(
      keyBy('key'),
      process({
        name: 'timed',
        onRecord: (_row, { timers }) => timers.eventTime(10),
        onTimer: (_timer, { timers }) => onTimer(timers),
      }),
    )

  it.each([
    ['of the past, set by one that fires: it would fire for ever', 10],
    ['at no moment', Number.NaN],
    ['between two milliseconds', 1.5],
  ])('%s', async (_name, atMs) => {
    const test = await harness(setting((timers) => timers.eventTime(atMs)))
    test.timed([[ITEM, 1]])
    expect(() => test.watermark(10)).toThrow(refusal({ uid: 'timed', function: 'onTimer' }) as Error)
  })
})

describe('a window of no size', () => {
  it.each([
    ['tumbling', () => tumbling(milliseconds(0))],
    ['sliding', () => sliding(milliseconds(0), milliseconds(10))],
    ['sliding by nothing', () => sliding(milliseconds(10), milliseconds(0))],
    ['session', () => session(milliseconds(0))],
    ['countWindow', () => countWindow(0)],
  ])('%s is refused when it is made', (_name, make) => {
    expect(make).toThrow(expect.objectContaining({ code: 'WINDOW_SIZE', fix: expect.any(String) }))
  })
})

it('state that is read outside of a key names the operator and its functions', async () => {
  let read: (() => unknown) | undefined
  const test = await harness((input: Stream<Item>) =>
    input.pipe(
      keyBy('key'),
      process({
        name: 'own',
        state: { kept: valueState('kept', { schema: int() }) },
        onRecord: (_row, { state }) => {
          read = () => state.kept.get()
        },
      }),
    ),
  )
  test.batch([ITEM])
  expect(read).toThrow(
    expect.objectContaining({ code: 'STATE_OUTSIDE_CALL', details: { uid: 'own', function: 'onRecord' } }),
  )
})
