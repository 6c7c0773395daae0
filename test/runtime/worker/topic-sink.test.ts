import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { jsonSerdes } from '../../../runtime/testing/json-serdes.ts'
import { TopicSink } from '../../../runtime/worker/topic-sink.ts'
import { long } from '../../../topology/schema/index.ts'
import { topic } from '../../../topology/topic.ts'
import { sinkConformance } from '../../conformance/sink.ts'
import { readAll, temporaryLog, text } from '../../connectors/log/setup.ts'

const numbers = topic('out', z.object({ n: long() }), { partitions: 2 })

describe('rows into a topic of the log', () => {
  test.each(sinkConformance)('$name', async ({ run }) => {
    const { log, clock } = temporaryLog()
    await run({
      open: () =>
        new TopicSink(
          { kind: 'topic', name: 'out', topic: numbers, parts: { key: 'n' } },
          { topics: log, serdes: jsonSerdes },
        ),
      row: (n) => ({ n: BigInt(n) }),
      visible: async () =>
        (await readAll(log.source('out', { partitions: 2 }), clock)).map(({ value }) => JSON.parse(text(value)).n),
      canRewind: false,
    })
    const [described] = await log.describeTopics()
    expect(described!.partitions).toHaveLength(2)
  })
})
