import { expect, test } from 'vitest'
import { z } from 'zod'
import { warnOfDrift } from '../../../runtime/coordinator/warn-of-drift.ts'
import { days } from '../../../topology/duration.ts'
import { compile } from '../../../topology/plan/compile.ts'
import { to } from '../../../topology/to.ts'
import { topic } from '../../../topology/topic.ts'
import { topology } from '../../../topology/topology.ts'
import { temporaryLog } from '../../connectors/log/setup.ts'
import { type RecordedLog, recordingLogger } from '../../support/silent.ts'

const Order = z.object({ id: z.string() })
const { nodes } = compile(
  topology('copy', ({ from }) => {
    from(topic('orders', Order)).pipe(to(topic('copies', Order, { partitions: 2, retention: days(7) })))
  }),
)

test('what a job declares and is otherwise is said, and left as it is', async () => {
  const { log } = temporaryLog()
  await log.ensureTopic('copies', { partitions: 2 })
  const lines: RecordedLog[] = []
  await warnOfDrift(nodes, log, recordingLogger(lines))
  expect(lines.map(({ level, message }) => [level, message])).toEqual([
    ['warn', "topic 'copies' has retention forever, and the job declares 7d: `runtime topics alter` changes it"],
  ])
  expect((await log.describeTopics())[0]!.retentionMs).toBeUndefined()
  await log.alterTopic('copies', { retentionMs: days(7) })
  await warnOfDrift(nodes, log, recordingLogger(lines))
  expect(lines).toHaveLength(1)
})
