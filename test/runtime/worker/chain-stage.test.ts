/** A stage and its host: what the one asks of the other around a snapshot. */

import { expect, it } from 'vitest'
import { memorySink } from '../../../connectors/memory/memory-sink.ts'
import { memorySource } from '../../../connectors/memory/memory-source.ts'
import { branch, filter, keyBy, process, rebalance } from '../../../operators/index.ts'
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

function hostOf(emit: StageHost['emit'] = () => {}): StageHost {
  return {
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
    emit,
    store: async ({ bytes, ...chunk }) => ({ ...chunk, file: 'file', sizeBytes: bytes.length, sha256: '' }),
    openWriter: async () => ({ write() {}, prepareCommit: async () => [], close: async () => {} }),
  }
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
  await stage.open(hostOf(), undefined)
  stage.onBatch(0, new Batch([{ user: 'ann' }], { keys: ['ann'], keyGroups: Uint16Array.of(7) }))
  return stage
}

/** The stage of a source that lets visits of few users through, what it emits, and how it takes a visit. */
async function openSelective() {
  const job = topology('selective', ({ fromSource }) => {
    fromSource<Visit>('visits', () => memorySource({ splits: [] }))
      .pipe(
        filter(({ user }) => user !== 'bob'),
        branch({
          strangers: ({ user }) => {
            if (user === 'zoe') throw new Error('not her')
            return false
          },
        }),
        rebalance(),
      )
      .out.pipe(to(memorySink<Visit>('visits')))
  })
  const emitted: unknown[] = []
  const stage = new ChainStage(compile(job).stages[0]!)
  await stage.open(
    hostOf((_output, element) => emitted.push(element.kind === 'batch' ? element.values : element.kind)),
    undefined,
  )
  return { stage, emitted, visit: (...users: string[]) => stage.onBatch(0, new Batch(users.map((user) => ({ user })))) }
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

it('holds few rows back until nothing more is at hand', async () => {
  const { stage, emitted, visit } = await openSelective()
  expect(stage.isQuiet).toBe(true)
  visit('ann', 'bob')
  visit('bob')
  visit('cy')
  expect(emitted).toEqual([])
  expect(stage.isQuiet).toBe(false)
  stage.onQuiet()
  expect(emitted).toEqual([[{ user: 'ann' }, { user: 'cy' }]])
  expect(stage.isQuiet).toBe(true)
})

it('lets go of rows before a watermark, and before the cut of a snapshot', async () => {
  const { stage, emitted, visit } = await openSelective()
  visit('ann')
  stage.onWatermark(0, { kind: 'watermark', timestampMs: 1 })
  visit('cy')
  void stage.snapshot(1n)
  expect(emitted).toEqual([[{ user: 'ann' }], 'watermark', [{ user: 'cy' }]])
  expect(stage.isQuiet).toBe(true)
})

it('tells at the next call what failed behind the rows that a snapshot has let go of', async () => {
  const { stage, visit } = await openSelective()
  visit('zoe')
  void stage.snapshot(1n)
  expect(stage.isQuiet).toBe(false)
  expect(() => stage.onQuiet()).toThrow('not her')
})
