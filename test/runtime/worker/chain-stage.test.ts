/** A stage and its host: what the one asks of the other around a snapshot. */

import { expect, it } from 'vitest'
import { memorySink } from '../../../connectors/memory/memory-sink.ts'
import { memorySource } from '../../../connectors/memory/memory-source.ts'
import { keyBy, process } from '../../../operators/index.ts'
import { jsonSerdes } from '../../../runtime/testing/json-serdes.ts'
import { systemClock } from '../../../runtime/time/system-clock.ts'
import { ChainStage } from '../../../runtime/worker/chain-stage.ts'
import type { StageHost } from '../../../topology/contract/stage.ts'
import { Batch } from '../../../topology/element.ts'
import { compile } from '../../../topology/plan/compile.ts'
import { int } from '../../../topology/schema/index.ts'
import { valueState } from '../../../topology/state/value-state.ts'
import { to } from '../../../topology/to.ts'
import { topology } from '../../../topology/topology.ts'
import { recordingLogger, silentMetrics } from '../../support/silent.ts'

interface Visit {
  readonly user: string
}

/** The stage behind the exchange, which counts by key. */
async function openCounting(): Promise<ChainStage> {
  const job = topology('counting', ({ fromSource }) => {
    fromSource<Visit>('visits', () => memorySource({ splits: [] }))
      .pipe(
        keyBy('user'),
        process({
          name: 'counted',
          state: { count: valueState('count', { schema: int(), default: 0 }) },
          onRecord: (_record, { state }) => void state.count.update((count) => count + 1),
        }),
      )
      .pipe(to(memorySink<Visit>('visits')))
  })
  const stage = new ChainStage(compile(job).stages[1]!)
  const host: StageHost = {
    job: 'counting',
    epoch: 1n,
    subtask: 0,
    parallelism: 1,
    keyGroups: 128,
    clock: systemClock,
    logger: recordingLogger(),
    metrics: () => silentMetrics,
    serdes: jsonSerdes,
    wake: () => {},
    reportSplit: () => {},
    emit: () => {},
    store: async ({ bytes, ...chunk }) => ({ ...chunk, file: 'file', sizeBytes: bytes.length, sha256: '' }),
    openWriter: async () => ({ write() {}, prepareCommit: async () => [], close: async () => {} }),
  }
  await stage.open(host, undefined)
  stage.onBatch(0, new Batch([{ user: 'ann' }], { keys: ['ann'], keyGroups: Uint16Array.of(7) }))
  return stage
}

it('ends the snapshot of a checkpoint that has been given up', async () => {
  const stage = await openCounting()
  const snapshot = stage.snapshot(1n)
  stage.abort(1n)
  await expect(snapshot).rejects.toMatchObject({ code: 'SNAPSHOT_ABORTED' })
})

it('goes on with a snapshot when it hears late that an earlier checkpoint has been given up', async () => {
  const stage = await openCounting()
  // The next barrier comes from another worker, and word of the one before it from the coordinator.
  const snapshot = stage.snapshot(2n)
  stage.abort(1n)
  expect((await snapshot).keyed).toHaveLength(1)
})
