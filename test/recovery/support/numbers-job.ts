/** A job with state that the environment changes: what a user may do to a job between one submission and the next. */
import { z } from 'zod'
import { deduplicate, eventTime, filter } from '../../../operators/index.ts'
import { hours } from '../../../topology/duration.ts'
import { int, long } from '../../../topology/schema/index.ts'
import { table } from '../../../topology/table.ts'
import { to } from '../../../topology/to.ts'
import { topic } from '../../../topology/topic.ts'
import { topology } from '../../../topology/topology.ts'

export const Numbers = z.object({ n: int(), at: long() })

/** `renamed`, `another-job`, `fails-in-worker`, `differs-in-worker`; unset: the job as it is. */
const change = process.env['SLUICE_TEST_JOB']
const isWorker = process.argv[1]!.includes('/runtime/worker/')

if (change === 'fails-in-worker' && isWorker) throw new Error('no license for this machine')

export default topology(change === 'another-job' ? 'other-numbers' : 'numbers', ({ from }) => {
  const numbers = from(topic('numbers', Numbers)).pipe(eventTime('at', { outOfOrderness: hours(1) }))
  const judged = change === 'differs-in-worker' && isWorker ? numbers.pipe(filter(() => true)) : numbers
  const { out } = judged.pipe(
    deduplicate({ by: 'n', within: hours(24), name: change === 'renamed' ? 'distinct' : 'unique' }),
  )
  out.pipe(to(table('test.numbers', Numbers)))
})
