/** From topic to topic and into a table, over an exchange: how often each key has come, with every record. */
import { z } from 'zod'
import { keyBy, process as processRecords } from '../../../../operators/index.ts'
import { long, table, to, topic, topology, valueState } from '../../../../topology/index.ts'
import { COPY_ENV, countedTable, countedTopic, jobName, numbersTopic, PARTITIONS } from './names.ts'

const Numbered = z.object({ n: long(), key: long() })
const Counted = z.object({ n: long(), key: long(), nth: long() })

/** Several run on one broker, one after the other: each has names of its own. */
const name = process.env[COPY_ENV]!

export default topology(jobName(name), ({ from }) => {
  const counted = from(topic(numbersTopic(name), Numbered, { partitions: PARTITIONS })).pipe(
    keyBy('key'),
    processRecords({
      name: 'count',
      state: { count: valueState('count', { schema: long(), default: 0n }) },
      output: Counted,
      onRecord({ n, key }, { state, emit }) {
        emit({ n, key, nth: state.count.update((count) => count + 1n) })
      },
    }),
  )
  counted.pipe(to(topic(countedTopic(name), Counted, { partitions: PARTITIONS, key: 'key' })))
  counted.pipe(to(table(countedTable, Counted)))
})
