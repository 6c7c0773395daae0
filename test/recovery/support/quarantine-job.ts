/** Numbers from a topic into a table; some are more than a function can stand, some are none, and the job quarantines them. */
import { z } from 'zod'
import { filter, keyBy, map } from '../../../operators/index.ts'
import { long, PoisonedRecord, table, to, topic, topology } from '../../../topology/index.ts'

const Numbered = z.object({ n: long(), at: long() })

export default topology('quarantine', ({ from }) => {
  const numbers = from(topic('numbers', Numbered))
  const stands = (place: string, bad: bigint) => (row: { n: bigint; at: bigint }) => {
    if (row.n === bad) throw new Error(`${place} can't stand ${bad}`)
    return row
  }
  numbers
    .pipe(
      map(stands('before', 2500n)),
      keyBy('n'),
      filter((row) => stands('behind', 4100n)(row) !== undefined),
    )
    .pipe(to(table('test.numbers', Numbered)))
  numbers.poisoned.pipe(to(table('test.poisoned', PoisonedRecord)))
  numbers.poisoned.pipe(to(topic('numbers.dlq', PoisonedRecord, { key: 'source_topic' })))
})
