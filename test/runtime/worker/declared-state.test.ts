/** State that a job declares, through whole jobs: checkpoints of one, restored by the next version of it. */
import { expect, it } from 'vitest'
import { z } from 'zod'
import { memoryFiles } from '../../../connectors/memory/memory-files.ts'
import { memorySink } from '../../../connectors/memory/memory-sink.ts'
import { memorySource } from '../../../connectors/memory/memory-source.ts'
import { keyBy, process } from '../../../operators/index.ts'
import { int, long } from '../../../topology/schema/index.ts'
import type { Immutable } from '../../../topology/state/immutable.ts'
import { mapState } from '../../../topology/state/map-state.ts'
import { type ValueStateDescriptor, valueState } from '../../../topology/state/value-state.ts'
import { to } from '../../../topology/to.ts'
import { topology } from '../../../topology/topology.ts'
import { runInMemory } from '../../support/run-in-memory.ts'

interface Order {
  readonly user: string
  readonly item: string
  readonly cents: number
}

const ORDERS: readonly Order[] = [
  { user: 'ann', item: 'a', cents: 100 },
  { user: 'bob', item: 'a', cents: 5 },
  { user: 'ann', item: 'b', cents: 20 },
  { user: 'ann', item: 'a', cents: 3 },
]
const Spent = z.object({ user: z.string(), cents: long(), items: int() })

type SpentRow = z.infer<typeof Spent>

/** What a version of the job does with the state `total`. */
interface Version<V> {
  readonly total: ValueStateDescriptor<V>
  readonly add: (before: V | undefined, order: Order) => Immutable<V>
  readonly centsOf: (total: Immutable<V>) => bigint
}

/** The job, run to the end of its first so many orders: each time another version of it, on the same checkpoints. */
function spending() {
  const files = memoryFiles()
  const sink = memorySink<SpentRow>('spent')
  return async function run<V>({ total, add, centsOf }: Version<V>, orders: number): Promise<SpentRow[]> {
    const before = sink.committed.length
    const job = topology('spending', ({ fromSource }) => {
      fromSource<Order>('orders', () => memorySource({ splits: [ORDERS.slice(0, orders)] }))
        .pipe(
          keyBy('user'),
          process({
            name: 'spent',
            state: { total, items: mapState('items', { key: z.string(), value: int() }) },
            output: Spent,
            onRecord(order, { key, state, emit }) {
              state.items.set(order.item, (state.items.get(order.item) ?? 0) + 1)
              const after = state.total.update((sum) => add(sum as V | undefined, order))
              emit({ user: key, cents: centsOf(after), items: state.items.size })
            },
          }),
        )
        .pipe(to(sink))
    })
    await runInMemory(job, { files })
    return sink.committed.slice(before)
  }
}

const first: Version<number> = {
  total: valueState('total', { schema: z.number() }),
  add: (before = 0, { cents }) => before + cents,
  centsOf: (total) => BigInt(total),
}

it('goes on from a checkpoint, in the same version and in one that migrates', async () => {
  const run = spending()
  expect(await run(first, 2)).toEqual([
    { user: 'ann', cents: 100n, items: 1 },
    { user: 'bob', cents: 5n, items: 1 },
  ])
  expect(await run(first, 3)).toEqual([{ user: 'ann', cents: 120n, items: 2 }])

  const second: Version<{ cents: bigint }> = {
    total: valueState('total', {
      schema: z.object({ cents: long() }),
      version: 2,
      migrate: (value: number, fromVersion) => ({ cents: BigInt(value) * BigInt(fromVersion) }),
    }),
    add: (before, { cents }) => ({ cents: (before?.cents ?? 0n) + BigInt(cents) }),
    centsOf: (total) => total.cents,
  }
  expect(await run(second, 4)).toEqual([{ user: 'ann', cents: 123n, items: 2 }])
  await expect(run(first, 4)).rejects.toMatchObject({ code: 'STATE_CODEC_MISMATCH' })
})

it('refuses a changed schema and leaves the checkpoint as it was, so that the older job can go on', async () => {
  const run = spending()
  await run(first, 2)
  const changed = { total: valueState('total', { schema: z.string() }), add: () => '', centsOf: () => 0n }
  await expect(run(changed, 4)).rejects.toMatchObject({
    code: 'STATE_SCHEMA_CHANGED',
    message:
      'state total of spent: its schema has changed and its version has not (1): the value was double and is string',
  })
  expect(await run(first, 3)).toEqual([{ user: 'ann', cents: 120n, items: 2 }])
})
