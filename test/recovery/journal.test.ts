/** What the journal of checkpoints tells the next attempt after damage, and after a restore from an older savepoint. */
import { expect, it } from 'vitest'
import { memoryFiles } from '../../connectors/memory/memory-files.ts'
import { memorySource } from '../../connectors/memory/memory-source.ts'
import { CheckpointStore } from '../../runtime/checkpoint/checkpoint-store.ts'
import type { CommitRequest, FenceRequest } from '../../topology/contract/sink.ts'
import { to } from '../../topology/to.ts'
import { topology } from '../../topology/topology.ts'
import { runInMemory, startInMemory } from '../support/run-in-memory.ts'
import { recordingLogger } from '../support/silent.ts'

/** A job without output of interest, whose sink writes down how it was fenced. */
function fencedJob(rows: number) {
  const fences: FenceRequest[] = []
  const sink = {
    name: 'fenced',
    create: () => ({
      createWriter: async () => ({ write() {}, prepareCommit: async () => [], async close() {} }),
      createCommitter: async () => ({
        fence: async (request: FenceRequest) => void fences.push(request),
        async commit(_request: CommitRequest) {},
        async close() {},
      }),
      async close() {},
    }),
  }
  const splits = [Array.from({ length: rows }, (_, id) => ({ id }))]
  const job = topology('fenced', ({ fromSource }) => {
    fromSource<{ id: number }>('ids', () => memorySource({ splits })).pipe(to<{ id: number }>(sink))
  })
  return { job, fences }
}

it('a damaged record is passed over like the checkpoint it named: tables may go back, until a newer one is complete', async () => {
  const files = memoryFiles()
  const { job, fences } = fencedJob(3)
  for (let run = 0; run < 2; run++) await runInMemory(job, { files })
  const last = [...files.contents.keys()]
    .filter((name) => name.endsWith('.journal'))
    .sort()
    .at(-1)!
  files.contents.get(last)![150]! ^= 1
  // This attempt leaves no checkpoint behind: the one after it must know as well.
  await (await startInMemory(job, { files, until: 'stopped' })).cancel()
  await runInMemory(job, { files })
  await runInMemory(job, { files })
  expect(fences.map(({ restored, allowRewind }) => [restored?.checkpointId, allowRewind])).toEqual([
    [undefined, false],
    [1n, false],
    [1n, true],
    [1n, true],
    [3n, false],
  ])
})

it('an older savepoint that was restored is where the next attempt begins, also when no checkpoint came after it', async () => {
  const files = memoryFiles()
  const { job, fences } = fencedJob(3)
  const savepoint = await (await startInMemory(job, { files, until: 'stopped' })).stop()
  for (let run = 0; run < 2; run++) await runInMemory(job, { files })
  await (await startInMemory(job, { files, until: 'stopped', fromSavepoint: savepoint.location })).cancel()
  await runInMemory(job, { files })
  expect(fences.map(({ restored }) => restored?.checkpointId)).toEqual([undefined, 1n, 2n, 1n, 1n])
  const store = new CheckpointStore({ files, root: `memory:///${job.name}`, logger: recordingLogger() })
  expect((await store.list()).map(({ id }) => id)).toEqual([2n, 3n, 1n, 4n])
})
