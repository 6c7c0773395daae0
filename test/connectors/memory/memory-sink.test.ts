import { describe, test } from 'vitest'
import { memorySink } from '../../../connectors/memory/memory-sink.ts'
import { sinkConformance } from '../../conformance/sink.ts'

describe('the sink in memory', () => {
  test.each(sinkConformance)('$name', async ({ run }) => {
    const sink = memorySink<number>('results')
    await run({
      open: () => sink.create(),
      row: (n) => n,
      visible: async () => sink.committed,
      canRewind: false,
      refusesRewind: false,
    })
  })
})
