import { describe, expect, it } from 'vitest'
import {
  branch,
  broadcast,
  type ChangeKind,
  changes,
  deduplicate,
  filter,
  flatMap,
  keyBy,
  map,
  rebalance,
  single,
  union,
} from '../../operators/index.ts'
import { milliseconds } from '../../topology/duration.ts'
import { type Batch, RowKind } from '../../topology/element.ts'
import { compile } from '../../topology/plan/compile.ts'
import { append, type Stream, type UpdatingStream } from '../../topology/stream.ts'
import { to } from '../../topology/to.ts'
import { topology } from '../../topology/topology.ts'
import { applyChanges } from '../support/changelog.ts'
import { harness } from '../support/operator-harness.ts'

interface Total {
  user: string
  n: number
}

const { insert, updateBefore, updateAfter, delete: deleted } = RowKind
const KINDS = Uint8Array.of(insert, updateBefore, updateAfter, deleted)
const ROWS: Total[] = [
  { user: 'a', n: 1 },
  { user: 'a', n: 1 },
  { user: 'a', n: 2 },
  { user: 'b', n: 3 },
]

/** What stands for an operator whose result goes on changing: it lets the kinds of its input out. */
function updating(input: Stream<Total>): UpdatingStream<Total> {
  return append(input, {
    kind: 'updating',
    behaviour: { type: 'operator', create: ({ emit }) => ({ onBatch: (batch: Batch) => emit('out', batch) }) },
    columns: { out: 'same' },
    key: 'keeps',
    changes: 'makes',
  })
}

describe('changes', () => {
  it('emits nothing for nothing', async () => {
    const run = await harness((s: Stream<Total>) => updating(s).pipe(changes()))
    run.batch([]).end()
    expect(run.rows()).toEqual([])
  })

  it('makes each change a row with its kind, in order, at its event time', async () => {
    const run = await harness((s: Stream<Total>) => updating(s).pipe(changes()))
    run.batch(ROWS, { kinds: KINDS, timestampsMs: Float64Array.of(1, 2, 3, 4) }).watermark(4)
    expect(run.rows()).toEqual([
      { user: 'a', n: 1, kind: 'insert' },
      { user: 'a', n: 1, kind: 'update-before' },
      { user: 'a', n: 2, kind: 'update-after' },
      { user: 'b', n: 3, kind: 'delete' },
    ])
    expect(run.timestampsMs()).toEqual([1, 2, 3, 4])
    expect(run.watermarks()).toEqual([4])
    expect(run.batches()[0]!.kinds).toBeUndefined()
  })

  it('takes a batch without kinds for inserts', async () => {
    const run = await harness((s: Stream<Total>) => updating(s).pipe(changes({ column: 'op' })))
    run.batch([{ user: 'a', n: 1 }])
    expect(run.rows()).toEqual([{ user: 'a', n: 1, op: 'insert' }])
  })

  it.each<[string, (stream: UpdatingStream<Total>) => UpdatingStream<any>, [string, ChangeKind][]]>([
    ['filter', (s) => s.pipe(filter(({ n }) => n > 1)), [['a', 'update-after'], ['b', 'delete']]], // biome-ignore format: a row per case
    ['map', (s) => s.pipe(map(({ user }) => ({ user }))), [['a', 'insert'], ['a', 'update-before'], ['a', 'update-after'], ['b', 'delete']]], // biome-ignore format: a row per case
    ['map behind filter', (s) => s.pipe(filter(({ n }) => n > 2), map(({ user }) => ({ user }))), [['b', 'delete']]], // biome-ignore format: a row per case
    ['flatMap', (s) => s.pipe(flatMap((row) => (row.n === 2 ? [row, row] : []))), [['a', 'update-after'], ['a', 'update-after']]], // biome-ignore format: a row per case
    ['branch', (s) => s.pipe(branch({ others: ({ user }) => user === 'b' })).others, [['b', 'delete']]],
    ['keyBy', (s) => s.pipe(keyBy('user'), filter(({ n }) => n === 1)), [['a', 'insert'], ['a', 'update-before']]], // biome-ignore format: a row per case
    ['union', (s) => union(s.pipe(filter(({ n }) => n === 2)), s.pipe(filter(({ n }) => n === 3))), [['a', 'update-after'], ['b', 'delete']]], // biome-ignore format: a row per case
  ])('gets the kinds by way of %s', async (_name, through, expected) => {
    const run = await harness((s: Stream<Total>) => through(updating(s)).pipe(changes()))
    run.batch(ROWS, { kinds: KINDS })
    expect(run.rows().map(({ user, kind }: any) => [user, kind])).toEqual(expected)
  })
})

describe('an updating stream', () => {
  const sink = to({ name: 'sink', create: () => undefined as never })
  const planOf = (build: (stream: Stream<Total>) => any) =>
    compile(
      topology('updating', ({ fromSource }) =>
        sink(build(updating(fromSource('numbers', () => null as never)) as unknown as Stream<Total>)),
      ),
    )

  it.each<[string, (stream: Stream<Total>) => any]>([
    ['sink(sink)', (s) => s],
    [
      'sink(sink)',
      (s) =>
        s.pipe(
          keyBy('user'),
          map((row) => row),
        ),
    ],
    ['rebalance-1', (s) => s.pipe(rebalance())],
    ['broadcast-1', (s) => s.pipe(broadcast())],
    ['own', (s) => s.pipe(deduplicate({ by: 'user', within: milliseconds(1), name: 'own' })).out],
  ])('is refused by %s where the types did not stop it', (uid, build) => {
    const through = (stream: Stream<Total>) => build(append(stream, TIMED))
    expect(() => planOf(through)).toThrowError(
      expect.objectContaining({ code: 'UPDATING_STREAM', message: expect.stringContaining(uid) }),
    )
  })

  it('is taken once its changes are rows', () => {
    expect(
      planOf((s) => (s as unknown as UpdatingStream<Total>).pipe(single(), keyBy('user'), changes())).nodes,
    ).toHaveLength(6)
  })
})

/** Gives event times, for operators that need them. */
const TIMED = {
  kind: 'timed',
  behaviour: { type: 'union' },
  time: 'assigns',
} as const

describe('applyChanges', () => {
  it('tells what is left, and refuses to take out what is not there', () => {
    const a = { user: 'a', kind: 'insert' }
    expect(applyChanges([a, a, { user: 'a', kind: 'delete' }])).toEqual([{ user: 'a' }])
    expect(() => applyChanges([{ user: 'b', kind: 'update-before' }])).toThrow(
      'change 0: update-before of {"user":"b"}',
    )
  })
})
