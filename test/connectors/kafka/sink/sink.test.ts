import { describe, test } from 'vitest'
import { sinkConformance } from '../../../conformance/sink.ts'
import { record, testCluster } from './setup.ts'

describe('a topic as a sink that is exactly once', () => {
  test.each(sinkConformance)('$name', async ({ run }) => {
    const cluster = testCluster()
    await run({
      open: () => cluster.open(),
      row: (n) => record(String(n)),
      visible: async () => cluster.values().map(Number),
      canRewind: false,
    })
  })
})
