/** From topic to topic, over an exchange: how often each key has come, with every record. */
import { z } from 'zod'
import { keyBy, process } from '../../../operators/index.ts'
import { long, to, topic, topology, valueState } from '../../../topology/index.ts'

const Numbered = z.object({ n: long(), key: long() })
const Counted = z.object({ n: long(), key: long(), nth: long() })

export default topology('topic-job', ({ from }) => {
  from(topic('numbers', Numbered, { partitions: 3 }))
    .pipe(
      keyBy('key'),
      process({
        name: 'count',
        state: { count: valueState('count', { schema: long(), default: 0n }) },
        output: Counted,
        onRecord({ n, key }, { state, emit }) {
          emit({ n, key, nth: state.count.update((count) => count + 1n) })
        },
      }),
    )
    .pipe(
      to(topic('counted', Counted, { partitions: 2, key: 'key' }), { headers: ({ n }) => ({ of: `numbers ${n}` }) }),
    )
})
