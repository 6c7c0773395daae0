import { expect, test } from 'vitest'
import { z } from 'zod'
import { seconds } from '../../topology/duration.ts'
import { compile } from '../../topology/plan/compile.ts'
import { postgres } from '../../topology/postgres.ts'
import { int, long, timestamptz } from '../../topology/schema/index.ts'
import { to } from '../../topology/to.ts'
import { topology } from '../../topology/topology.ts'

const Order = z.object({ id: long(), name: z.string().nullable(), at: timestamptz(), n: int() })
const good = { connection: 'POSTGRES_URL', table: 'orders', key: ['id'] as string[], incrementBy: 'at' }

test.each([
  [{ connection: 'postgres://me:hunter2@db/x' }, /not the name of an environment variable/],
  [{ query: 'SELECT 1' }, /either a table or a query/],
  [{ table: undefined }, /either a table or a query/],
  [{ table: undefined, query: 'SELECT 1', incrementBy: undefined }, /a query can only be read/],
  [{ key: [] }, /it has no key/],
  [{ key: ['ID'] }, /"ID" is no column/],
  [{ key: ['name'] }, /"name" of the key may be null/],
  [{ incrementBy: 'updated' }, /"updated" is no column/],
  [{ incrementBy: 'n', lag: seconds(1) }, /lag needs a column of times, and n is int/],
  [{ pageRows: 0 }, /pageRows can't be 0/],
])('%j is refused', (wrong, message) => {
  const make = () => postgres('orders', Order, { ...good, ...wrong } as never)
  expect(make).toThrow(message)
  expect(make).toThrow(expect.objectContaining({ code: 'POSTGRES_OPTIONS' }))
  expect(make).not.toThrow(/hunter2/)
})

test('a plan holds the name of the variable, and the sink takes changes', () => {
  const job = topology('job', ({ from }) => {
    from(postgres('orders', Order, { ...good, key: ['id'], incrementBy: 'at' })).pipe(
      to(postgres('copy', Order, { ...good, key: ['id'], incrementBy: 'at' })),
    )
  })
  const { nodes } = compile(job)
  expect(nodes.at(-1)).toMatchObject({ uid: 'sink(copy)', changes: 'takes' })
})
