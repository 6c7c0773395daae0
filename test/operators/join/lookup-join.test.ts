import { expect, it } from 'vitest'
import { lookupJoin } from '../../../operators/index.ts'
import type { Stream } from '../../../topology/stream.ts'
import { ManualClock } from '../../support/manual-clock.ts'
import { harness } from '../../support/operator-harness.ts'

interface Order {
  readonly user: string
  readonly n: number
}

const USERS: Readonly<Record<string, { readonly name: string }>> = { a: { name: 'Ann' }, b: { name: 'Bob' } }
const arrival = () => new ManualClock().turn()

async function opened(type: 'inner' | 'left', cache?: { readonly capacity: number }) {
  const asked: string[] = []
  const run = await harness((orders: Stream<Order>) =>
    orders.pipe(
      lookupJoin({
        by: ({ user }) => user,
        load: async (user) => {
          asked.push(user)
          if (user === 'x') throw new Error('no answer')
          return USERS[user]
        },
        ...(cache !== undefined && { cache }),
        type,
        onError: 'divert',
        select: ({ n }, user: { readonly name: string } | null) => ({ n, name: user?.name ?? null }),
      }),
    ),
  )
  return { run, asked }
}

const order = (user: string, n: number): Order => ({ user, n })

it('joins with what is there, and leaves out the others', async () => {
  const { run } = await opened('inner')
  run.timed([
    [order('a', 1), 10],
    [order('nobody', 2), 20],
    [order('b', 3), 30],
  ])
  await arrival()
  expect(run.rows()).toEqual([
    { n: 1, name: 'Ann' },
    { n: 3, name: 'Bob' },
  ])
  expect(run.timestampsMs()).toEqual([10, 30])
})

it('keeps the others too, if it is told to, and those whose call failed apart', async () => {
  const { run } = await opened('left')
  run.batch([order('nobody', 1), order('x', 2)])
  await arrival()
  expect(run.rows()).toEqual([{ n: 1, name: null }])
  expect(run.rows('failed')).toEqual([expect.objectContaining({ record: order('x', 2), reason: 'error' })])
})

it('asks once for what a cache has, also when there was none', async () => {
  const { run, asked } = await opened('left', { capacity: 10 })
  run.batch([order('a', 1), order('a', 2), order('nobody', 3)])
  await arrival()
  run.batch([order('nobody', 4), order('a', 5)])
  await arrival()
  expect(asked).toEqual(['a', 'nobody'])
  expect(run.rows().map(({ n }) => n)).toEqual([1, 2, 3, 4, 5])
})

it('asks again after a restart for what had no answer', async () => {
  let answer = () => {}
  const build = (orders: Stream<Order>) =>
    orders.pipe(
      lookupJoin({
        by: ({ user }) => user,
        load: () =>
          new Promise<{ name: string }>((resolve) => {
            answer = () => resolve({ name: 'Eve' })
          }),
        select: ({ n }, { name }) => ({ n, name }),
      }),
    )
  const run = await harness(build)
  run.batch([order('e', 1)])
  const next = await run.restart()
  await arrival()
  answer()
  await arrival()
  expect(next.rows()).toEqual([{ n: 1, name: 'Eve' }])
})
