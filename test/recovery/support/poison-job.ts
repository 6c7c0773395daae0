/** A job with functions that can't stand the number 2500, each where the environment says so. */
import { z } from 'zod'
import { deduplicate, eventTime, filter, map } from '../../../operators/index.ts'
import { hours } from '../../../topology/duration.ts'
import { int, long } from '../../../topology/schema/index.ts'
import { table } from '../../../topology/table.ts'
import { to } from '../../../topology/to.ts'
import { topic } from '../../../topology/topic.ts'
import { topology } from '../../../topology/topology.ts'

export const Numbers = z.object({ n: int(), at: long() })

function stand(place: string, n: number): void {
  if (n === 2_500 && process.env['SLUICE_TEST_POISON'] === place) throw new RangeError(`${place} can't stand ${n}`)
}

export default topology('poison', ({ from }) => {
  const { out } = from(topic('numbers', Numbers)).pipe(
    map((row) => {
      stand('before', row.n)
      return { n: row.n, at: row.at }
    }),
    eventTime('at', { outOfOrderness: hours(1) }),
    deduplicate({ by: 'n', within: hours(24) }),
  )
  out.pipe(
    filter((row) => {
      stand('behind', row.n)
      return true
    }),
    to(table('test.numbers', Numbers)),
  )
})
