import { expect, test } from 'vitest'
import { z } from 'zod'
import { files } from '../../topology/files.ts'
import { http, webhook } from '../../topology/http.ts'
import { compile } from '../../topology/plan/compile.ts'
import { explainText } from '../../topology/plan/explain.ts'
import { to } from '../../topology/to.ts'
import { topology } from '../../topology/topology.ts'

const Order = z.object({ id: z.number() })

test.each([
  ['in/*.jsonl', 'jsonl'],
  ['in/a.ndjson.gz', 'jsonl'],
  ['in/*.csv', 'csv'],
  ['in/x.parquet', 'parquet'],
])('the format of %s is %s', (location, format) => {
  expect(files(location, Order).settings['format']).toBe(format)
})

test('a location that tells no format is refused', () => {
  expect(() => files('data/in', Order)).toThrow(/doesn't tell the format/)
  expect(files('data/in', Order, { format: 'csv' }).settings).toEqual({ location: 'data/in', format: 'csv' })
})

test('a plan holds names of variables, and no secret', () => {
  const job = topology('job', ({ from }) => {
    from(webhook('orders', Order, { port: 8088, tokenVariable: 'TOKEN' })).pipe(
      to(
        http('https://partner.example/orders', Order, {
          name: 'partner',
          headerVariables: { authorization: 'PARTNER' },
        }),
      ),
    )
  })
  const plan = compile(job)
  expect(plan.nodes.map(({ uid }) => uid).filter((uid) => uid !== undefined)).toEqual([
    'source(orders)',
    'sink(partner)',
  ])
  expect(explainText(plan)).toContain('orders')
})
