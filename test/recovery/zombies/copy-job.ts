/** A job from a topic of the log to another: what it writes can't be taken back. */
import { z } from 'zod'
import { openLog } from '../../../connectors/log/log.ts'
import { map } from '../../../operators/index.ts'
import { faultPoint } from '../../../runtime/fault-point.ts'
import { systemClock } from '../../../runtime/time/system-clock.ts'
import type { OutgoingRecord } from '../../../topology/contract/topic.ts'
import { int } from '../../../topology/schema/index.ts'
import { type CustomSink, to } from '../../../topology/to.ts'
import { topic } from '../../../topology/topic.ts'
import { topology } from '../../../topology/topology.ts'
import { recordingLogger } from '../../support/silent.ts'

export const Numbers = z.object({ n: int() })

/** A topic of the log that the environment names. */
const copies: CustomSink<OutgoingRecord> = {
  name: 'copies',
  create() {
    const path = process.env['SLUICE_TEST_LOG']!
    const log = openLog({ path, clock: systemClock, logger: recordingLogger(), faultPoint })
    const sink = log.sink('copies')
    return {
      createWriter: (context) => sink.createWriter(context),
      createCommitter: (context) => sink.createCommitter(context),
      close: () => log.close(),
    }
  },
}

export default topology('copies', ({ from }) => {
  from(topic('numbers', Numbers)).pipe(
    map(({ n }): OutgoingRecord => ({ key: null, value: Buffer.from(String(n)), partition: n % 4 })),
    to(copies),
  )
})
