import { DatabaseSync } from 'node:sqlite'
import { describe, expect, test } from 'vitest'
import type { CommitRequest, Committable, SinkWriter } from '../../../topology/contract/sink.ts'
import type { OutgoingRecord } from '../../../topology/contract/topic.ts'
import { Batch } from '../../../topology/element.ts'
import { sinkConformance } from '../../conformance/sink.ts'
import { recordingLogger, silentMetrics } from '../../support/silent.ts'
import { bytes, readAll, type TestLog, temporaryLog, text } from './setup.ts'

const batchOf = (...values: string[]) =>
  new Batch<OutgoingRecord>(values.map((value) => ({ key: bytes(value.slice(0, 1)), value: bytes(value) })))

async function openSink({ log, clock }: TestLog) {
  const sink = log.sink('out', { partitions: 2 })
  const shared = { job: 'job', uid: 'sink-out', clock, logger: recordingLogger(), metrics: silentMetrics }
  return {
    writer: (epoch: bigint): Promise<SinkWriter<OutgoingRecord>> => sink.createWriter({ ...shared, subtask: 0, epoch }),
    committer: await sink.createCommitter(shared),
    values: async () => (await readAll(log.source('out'), clock)).map(({ value }) => text(value)).sort(),
    /** Writes the values as checkpoint `checkpointId` and returns what its manifest would hold. */
    async prepare(epoch: bigint, checkpointId: bigint, ...values: string[]): Promise<CommitRequest> {
      const writer = await this.writer(epoch)
      await writer.write(batchOf(...values))
      return request(epoch, checkpointId, await writer.prepareCommit(checkpointId))
    },
  }
}

function request(epoch: bigint, checkpointId: bigint, committables: readonly Committable[]): CommitRequest {
  const manifest: readonly Committable[] = JSON.parse(JSON.stringify(committables))
  return { epoch, checkpointEpoch: epoch, checkpointId, watermarkMs: undefined, committables: manifest }
}

function stagedCount(path: string): number {
  const database = new DatabaseSync(path, { readOnly: true })
  const row = database.prepare('SELECT count(*) AS n FROM staged_batch').get()!
  database.close()
  return row['n'] as number
}

describe('the log as a sink', () => {
  test.each(sinkConformance)('$name', async ({ run }) => {
    const { log, clock } = temporaryLog()
    await run({
      open: () => log.sink('out', { partitions: 2 }),
      row: (n): OutgoingRecord => ({ key: null, value: bytes(String(n)) }),
      visible: async () =>
        (await readAll(log.source('out', { partitions: 2 }), clock)).map(({ value }) => Number(text(value))),
      canRewind: false,
    })
  })

  test('shows nothing before its checkpoint is committed, and everything once after, however often that is said', async () => {
    const test = temporaryLog()
    const sink = await openSink(test)
    await sink.committer.fence({ epoch: 1n, restored: undefined, allowRewind: false })
    const first = await sink.prepare(1n, 1n, 'a1', 'b1')
    expect(await sink.values()).toEqual([])
    await sink.committer.commit(first)
    await sink.committer.commit(first)
    expect(await sink.values()).toEqual(['a1', 'b1'])
    const second = await sink.prepare(1n, 2n, 'a2')
    await sink.committer.commit(second)
    await sink.committer.commit(first)
    expect(await sink.values()).toEqual(['a1', 'a2', 'b1'])
    expect(stagedCount(test.path)).toBe(0)
  })

  test('an interval without output commits its checkpoint too', async () => {
    const sink = await openSink(temporaryLog())
    const writer = await sink.writer(1n)
    expect(await writer.prepareCommit(1n)).toEqual([])
    await sink.committer.commit(request(1n, 1n, []))
    const refused = sink.committer.fence({ epoch: 2n, restored: undefined, allowRewind: true })
    await expect(refused).rejects.toMatchObject({ code: 'REWIND_REFUSED' })
  })

  test('cuts at the barrier: what is written before the promise resolves belongs to the next checkpoint', async () => {
    const sink = await openSink(temporaryLog())
    const writer = await sink.writer(1n)
    await writer.write(batchOf('a'))
    const first = writer.prepareCommit(1n)
    await writer.write(batchOf('b'))
    const second = writer.prepareCommit(2n)
    await sink.committer.commit(request(1n, 1n, await first))
    expect(await sink.values()).toEqual(['a'])
    await sink.committer.commit(request(1n, 2n, await second))
    expect(await sink.values()).toEqual(['a', 'b'])
  })

  test('stages large intervals as they grow, in order per partition', async () => {
    const sink = await openSink(temporaryLog())
    const writer = await sink.writer(1n)
    const filler = 'x'.repeat(3_000)
    const expected: string[] = []
    let waits = 0
    for (let i = 0; i < 40; i++) {
      const values = Array.from({ length: 100 }, (_, j) => `k${String(i * 100 + j).padStart(6, '0')}${filler}`)
      expected.push(...values)
      const full = writer.write(batchOf(...values))
      if (full !== undefined) waits++
      await full
    }
    expect(waits).toBeGreaterThan(1)
    await sink.committer.commit(request(1n, 1n, await writer.prepareCommit(1n)))
    expect(await sink.values()).toEqual(expected)
  })

  test('a restored attempt commits what its checkpoint owes, and drops what nobody does', async () => {
    const test = temporaryLog()
    const sink = await openSink(test)
    await sink.committer.fence({ epoch: 1n, restored: undefined, allowRewind: false })
    const owed = await sink.prepare(1n, 1n, 'owed')
    await sink.prepare(1n, 2n, 'never complete')
    await sink.committer.fence({ epoch: 2n, restored: owed, allowRewind: false })
    expect(await sink.values()).toEqual(['owed'])
    expect(stagedCount(test.path)).toBe(0)
    await sink.committer.fence({ epoch: 3n, restored: owed, allowRewind: false })
    expect(await sink.values()).toEqual(['owed'])
  })

  test('a zombie committer is refused once another attempt has fenced, and so is its fence', async () => {
    const sink = await openSink(temporaryLog())
    await sink.committer.fence({ epoch: 1n, restored: undefined, allowRewind: false })
    const zombie = await sink.prepare(1n, 1n, 'from a zombie')
    await sink.committer.fence({ epoch: 2n, restored: undefined, allowRewind: false })
    await expect(sink.committer.commit(zombie)).rejects.toMatchObject({
      code: 'FENCED',
      message: expect.stringContaining("job 'job', sink 'sink-out', topic 'out': epoch 1 is over"),
    })
    const late = sink.committer.fence({ epoch: 1n, restored: zombie, allowRewind: true })
    await expect(late).rejects.toMatchObject({ code: 'FENCED' })
    expect(await sink.values()).toEqual([])
  })

  test('what a zombie stages after the fence is dropped by the next one', async () => {
    const test = temporaryLog()
    const sink = await openSink(test)
    await sink.committer.fence({ epoch: 2n, restored: undefined, allowRewind: false })
    await sink.prepare(1n, 1n, 'from a zombie')
    expect(stagedCount(test.path)).toBe(1)
    await sink.committer.fence({ epoch: 3n, restored: undefined, allowRewind: false })
    expect(stagedCount(test.path)).toBe(0)
  })

  test('a restore from an older checkpoint is refused, also when a rewind is allowed', async () => {
    const sink = await openSink(temporaryLog())
    const first = await sink.prepare(1n, 1n, 'a')
    await sink.committer.commit(first)
    await sink.committer.commit(await sink.prepare(1n, 2n, 'b'))
    await expect(sink.committer.fence({ epoch: 2n, restored: first, allowRewind: true })).rejects.toMatchObject({
      code: 'REWIND_REFUSED',
      fix: expect.stringContaining('cannot take records back'),
      details: expect.objectContaining({ committedCheckpointId: '2', checkpointId: '1' }),
    })
    expect(await sink.values()).toEqual(['a', 'b'])
  })

  test('an older checkpoint whose output never went in is refused, not skipped', async () => {
    const sink = await openSink(temporaryLog())
    const first = await sink.prepare(1n, 1n, 'a')
    await sink.committer.commit(await sink.prepare(1n, 2n, 'b'))
    await expect(sink.committer.commit(first)).rejects.toMatchObject({ code: 'REWIND_REFUSED' })
  })

  test('staged output that is missing or damaged is named, and nothing is committed', async () => {
    const test = temporaryLog()
    const sink = await openSink(test)
    const prepared = await sink.prepare(1n, 1n, 'a', 'b')
    const database = new DatabaseSync(test.path)
    database.exec(
      'UPDATE staged_batch SET crc32 = crc32 + 1 WHERE staged_id = (SELECT max(staged_id) FROM staged_batch)',
    )
    await expect(sink.committer.commit(prepared)).rejects.toMatchObject({ code: 'LOG_CORRUPT' })
    database.exec('DELETE FROM staged_batch WHERE staged_id = (SELECT max(staged_id) FROM staged_batch)')
    database.close()
    await expect(sink.committer.commit(prepared)).rejects.toMatchObject({ code: 'STAGED_OUTPUT_MISSING' })
    expect(await sink.values()).toEqual([])
  })

  test('jobs do not see each other: the same sink of another job has an epoch row of its own', async () => {
    const test = temporaryLog()
    const sink = await openSink(test)
    await sink.committer.fence({ epoch: 9n, restored: undefined, allowRewind: false })
    const other = await test.log.sink('out').createCommitter({
      job: 'other',
      uid: 'sink-out',
      clock: test.clock,
      logger: recordingLogger(),
      metrics: silentMetrics,
    })
    await other.fence({ epoch: 1n, restored: undefined, allowRewind: false })
    await sink.committer.commit(await sink.prepare(9n, 1n, 'a'))
    expect(await sink.values()).toEqual(['a'])
  })
})
