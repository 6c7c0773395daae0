/** A job whose function never returns, once it has written its process id into the file that the environment names. */
import { writeFileSync } from 'node:fs'
import { z } from 'zod'
import { map } from '../../../operators/index.ts'
import { int } from '../../../topology/schema/index.ts'
import { table } from '../../../topology/table.ts'
import { to } from '../../../topology/to.ts'
import { topic } from '../../../topology/topic.ts'
import { topology } from '../../../topology/topology.ts'

export const Numbers = z.object({ n: int() })

export default topology('hanging', ({ from }) => {
  from(topic('numbers', Numbers)).pipe(
    map(({ n }) => {
      writeFileSync(process.env['SLUICE_TEST_HANGS']!, String(process.pid))
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
      return { n }
    }),
    to(table('test.numbers', Numbers)),
  )
})
