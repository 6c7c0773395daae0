/** The committer: exactly once under repetition, crashes, zombies, foreign commits and rewinds. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { CommitRequest } from '../../../../topology/contract/sink.ts'
import { runs } from '../../../support/scale.ts'
import { field, type TestJob, tableOf, Warehouse } from '../support/warehouse.ts'

const TABLE = tableOf('t.t', [field('id', 'int', true)])
const rows = (...ids: number[]) => ids.map((id) => ({ id }))

async function started(warehouse: Warehouse): Promise<TestJob> {
  const job = warehouse.job(TABLE)
  await job.ensure()
  await job.fence(1n)
  return job
}

const describeTable = (job: TestJob) => job.warehouse.tables.describeTable('t.t')
const property = async (job: TestJob) => (await describeTable(job)).properties['sluice.committed.job.t.t']

describe('commit', () => {
  it('makes one snapshot per checkpoint, named in its summary and in the property', async () => {
    await using warehouse = new Warehouse()
    const job = await started(warehouse)
    expect(await property(job)).toBe('1')
    await job.append(1n, 4n, rows(1, 2))
    const { snapshots, rowCount, fileCount } = await describeTable(job)
    expect(await property(job)).toBe('1/1/4')
    expect([rowCount, fileCount]).toEqual([2n, 1])
    expect(snapshots).toHaveLength(2)
    expect(snapshots[1]!.summary).toMatchObject({
      'sluice.job': 'job',
      'sluice.sink': 't.t',
      'sluice.epoch': '1',
      'sluice.checkpoint-id': '4',
      'sluice.watermark-ms': '4000',
      'added-records': '2',
      'total-records': '2',
    })
  })

  it('applies a checkpoint once, however often it is asked', async () => {
    await using warehouse = new Warehouse()
    const job = await started(warehouse)
    const request = await job.append(1n, 1n, rows(1))
    await job.commit(request)
    await job.commit(request)
    expect(await job.rowCount()).toBe(1n)
  })

  it('makes no snapshot of an interval without output', async () => {
    await using warehouse = new Warehouse()
    const job = await started(warehouse)
    await job.append(1n, 1n, [])
    expect((await describeTable(job)).snapshots).toHaveLength(1)
    expect(await property(job)).toBe('1')
  })

  it('keeps what others commit in between, and carries totals and watermark on', async () => {
    await using warehouse = new Warehouse()
    const job = await started(warehouse)
    const other = warehouse.job(TABLE, 'other')
    await other.fence(7n)
    await job.append(1n, 1n, rows(1))
    await other.append(7n, 3n, rows(2))
    await job.append(1n, 2n, rows(3))
    expect(await job.rowCount()).toBe(3n)
    expect((await describeTable(job)).rowCount).toBe(3n)
    expect((await warehouse.tables.planScan('t.t')).watermarkMs).toBe(2000)
  })

  it('retries when another commit comes first, without writing its manifest again', async () => {
    let rival: (() => Promise<void>) | undefined
    const points: string[] = []
    await using warehouse = new Warehouse({
      faultPoint: async (name) => {
        points.push(name)
        if (name !== 'iceberg.before-catalog-cas') return
        const race = rival
        rival = undefined
        await race?.()
      },
    })
    const job = await started(warehouse)
    const other = warehouse.reopened().job(TABLE, 'other')
    await other.fence(1n)
    const request = await job.write(1n, 1n, rows(1))
    points.length = 0
    rival = async () => {
      await other.append(1n, 1n, rows(2))
    }
    await job.commit(request)
    expect(points).toEqual([
      'iceberg.before-manifest',
      'iceberg.after-manifest-list',
      'iceberg.before-catalog-cas',
      'iceberg.after-manifest-list',
      'iceberg.before-catalog-cas',
      'iceberg.after-catalog-cas',
    ])
    expect(await job.rowCount()).toBe(2n)
    await other.warehouse.tables.close()
  })

  it('refuses a checkpoint older than one that is applied', async () => {
    await using warehouse = new Warehouse()
    const job = await started(warehouse)
    const older = await job.write(1n, 1n, rows(1))
    await job.append(1n, 2n, rows(2))
    await expect(job.commit(older)).rejects.toMatchObject({ code: 'COMMIT_OUT_OF_ORDER' })
  })

  it('names a table that is gone', async () => {
    await using warehouse = new Warehouse()
    await expect(warehouse.job(TABLE).fence(1n)).rejects.toMatchObject({ code: 'TABLE_NOT_FOUND' })
  })

  it('refuses files of a table that was replaced', async () => {
    await using warehouse = new Warehouse()
    await using other = new Warehouse()
    const stray = await (await started(other)).write(1n, 1n, rows(1))
    await expect((await started(warehouse)).commit(stray)).rejects.toMatchObject({ code: 'TABLE_REPLACED' })
  })

  it('keeps the list of manifests short, and every row in it', async () => {
    await using warehouse = new Warehouse()
    const job = await started(warehouse)
    for (let i = 1; i <= 120; i++) await job.append(1n, BigInt(i), rows(i))
    expect(await job.rowCount()).toBe(120n)
    const scan = await warehouse.tables.planScan('t.t', { predicates: [{ field: 'id', op: '=', values: [7] }] })
    expect(scan.files).toHaveLength(1)
    expect(scan.pruned.byBounds).toBe(119)
  })
})

describe('fence', () => {
  it('commits what the restored checkpoint owes, once', async () => {
    await using warehouse = new Warehouse()
    const job = await started(warehouse)
    const owed = await job.write(1n, 1n, rows(1))
    await job.fence(2n, { ...owed, epoch: 2n })
    await job.fence(2n, { ...owed, epoch: 2n })
    expect(await job.rowCount()).toBe(1n)
    expect(await property(job)).toBe('2/1/1')
    expect((await describeTable(job)).snapshots).toHaveLength(2)
  })

  it('adds an empty snapshot where nothing is owed', async () => {
    await using warehouse = new Warehouse()
    const job = await started(warehouse)
    const applied = await job.append(1n, 1n, rows(1))
    await job.fence(2n, applied)
    expect(await job.rowCount()).toBe(1n)
    expect(await property(job)).toBe('2/1/1')
    const { snapshots } = await describeTable(job)
    expect(snapshots).toHaveLength(3)
    expect(snapshots[2]!.summary).toMatchObject({
      'sluice.epoch': '2',
      'total-records': '1',
      'sluice.watermark-ms': '1000',
    })
  })

  it('shuts out an older attempt, whether it commits or fences', async () => {
    await using warehouse = new Warehouse()
    const job = await started(warehouse)
    const late = await job.write(1n, 1n, rows(1))
    await job.fence(2n, undefined)
    await expect(job.commit(late)).rejects.toMatchObject({ code: 'FENCED' })
    await expect(job.fence(1n)).rejects.toMatchObject({ code: 'FENCED' })
    expect(await job.rowCount()).toBe(0n)
  })

  it('sees what an older attempt committed just before', async () => {
    await using warehouse = new Warehouse()
    const job = await started(warehouse)
    const request = await job.write(1n, 1n, rows(1))
    await job.commit(request)
    await job.fence(5n, { ...request, epoch: 5n })
    expect(await job.rowCount()).toBe(1n)
    await expect(job.commit(request)).rejects.toMatchObject({ code: 'FENCED' })
  })

  it('does not append again what an older attempt commits at the last moment', async () => {
    let zombie: (() => Promise<void>) | undefined
    await using warehouse = new Warehouse({
      faultPoint: async (name) => {
        if (name !== 'iceberg.before-catalog-cas') return
        const act = zombie
        zombie = undefined
        await act?.()
      },
    })
    const job = await started(warehouse)
    const request = await job.write(1n, 1n, rows(1))
    const older = warehouse.reopened().job(TABLE)
    zombie = () => older.commit(request)
    await job.fence(2n, { ...request, epoch: 2n })
    expect(await job.rowCount()).toBe(1n)
    expect(await property(job)).toBe('2/1/1')
    await older.warehouse.tables.close()
  })

  it.each([
    'iceberg.before-manifest',
    'iceberg.after-manifest-list',
    'iceberg.before-catalog-cas',
    'iceberg.after-catalog-cas',
  ])('ends in the same place after a crash at %s', async (crashAt) => {
    let armed = false
    await using warehouse = new Warehouse({
      faultPoint: (name) => {
        if (armed && name === crashAt) throw new Error(`crash at ${name}`)
      },
    })
    const job = await started(warehouse)
    const request = await job.write(1n, 1n, rows(1, 2, 3))
    armed = true
    await expect(job.commit(request)).rejects.toThrow('crash at')
    armed = false
    await job.fence(2n, { ...request, epoch: 2n })
    expect(await job.rowCount()).toBe(3n)
    expect(await property(job)).toBe('2/1/1')
  })
})

describe('rewind', () => {
  it('is refused, then allowed, and goes on from there', async () => {
    await using warehouse = new Warehouse()
    const job = await started(warehouse)
    const first = await job.append(1n, 1n, rows(1))
    await job.append(1n, 2n, rows(2))
    await expect(job.fence(2n, first)).rejects.toMatchObject({ code: 'REWIND_REFUSED' })
    expect(await job.rowCount()).toBe(2n)
    await job.fence(2n, first, true)
    expect(await job.rowCount()).toBe(1n)
    expect(await property(job)).toBe('2/1/1')
    await job.append(2n, 3n, rows(3))
    expect(await job.rowCount()).toBe(2n)
  })

  it('finds the place of a checkpoint without output', async () => {
    await using warehouse = new Warehouse()
    const job = await started(warehouse)
    await job.append(1n, 1n, rows(1))
    const empty = await job.append(1n, 2n, [])
    await job.append(1n, 3n, rows(3))
    await job.fence(2n, empty, true)
    expect(await job.rowCount()).toBe(1n)
  })

  it('goes back to nothing when the job starts over', async () => {
    await using warehouse = new Warehouse()
    const job = await started(warehouse)
    await job.append(1n, 1n, rows(1))
    await expect(job.fence(2n, undefined)).rejects.toMatchObject({ code: 'REWIND_REFUSED' })
    await job.fence(2n, undefined, true)
    expect(await job.rowCount()).toBe(0n)
    expect(await property(job)).toBe('2')
  })

  it('goes over to a branch that an earlier rewind left, with all of it', async () => {
    await using warehouse = new Warehouse()
    const job = await started(warehouse)
    const first = await job.append(1n, 1n, rows(1))
    await job.append(1n, 2n, rows(2))
    const third = await job.append(1n, 3n, rows(3))
    await job.fence(2n, first, true)
    await job.append(2n, 4n, rows(4))
    await expect(job.fence(3n, third)).rejects.toMatchObject({ code: 'REWIND_REFUSED' })
    await job.fence(3n, third, true)
    expect(await job.rowCount()).toBe(3n)
    expect(await property(job)).toBe('3/1/3')
  })

  it('that did not get beyond its fence is undone without being allowed: nothing is taken back by that', async () => {
    await using warehouse = new Warehouse()
    const job = await started(warehouse)
    const first = await job.append(1n, 1n, rows(1))
    const second = await job.append(1n, 2n, rows(2))
    await job.fence(2n, first, true)
    await job.fence(3n, second)
    expect(await job.rowCount()).toBe(2n)
    expect(await property(job)).toBe('3/1/2')
  })

  it('of a table that had no output is undone without being allowed, and what is owed to it committed', async () => {
    await using warehouse = new Warehouse()
    const job = await started(warehouse)
    const first = await job.append(1n, 1n, [])
    const owed = await job.write(1n, 2n, rows(2))
    await job.fence(2n, first)
    await job.fence(3n, owed)
    expect(await job.rowCount()).toBe(1n)
    expect(await property(job)).toBe('3/1/2')
  })

  it('is refused when somebody else has written since, naming the snapshot', async () => {
    await using warehouse = new Warehouse()
    const job = await started(warehouse)
    const first = await job.append(1n, 1n, rows(1))
    const other = warehouse.job(TABLE, 'other')
    await other.fence(1n)
    const { currentSnapshotId } = await describeTable(job)
    await job.append(1n, 2n, rows(2))
    await expect(job.fence(2n, first, true)).rejects.toMatchObject({
      code: 'REWIND_REFUSED',
      message: expect.stringContaining(String(currentSnapshotId)),
    })
    expect(await job.rowCount()).toBe(2n)
  })
})

it('any interleaving of attempts leaves exactly the output of what the last one restored and added', async () => {
  const step = fc.record({
    output: fc.boolean(),
    end: fc.constantFrom('go on', 'commit lost', 'crash before commit', 'restart'),
  })
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 12 }), async (steps) => {
      await using warehouse = new Warehouse()
      const job = await started(warehouse)
      let epoch = 1n
      let complete: CommitRequest | undefined
      const zombies: CommitRequest[] = []
      let expected = 0n
      for (const [i, { output, end }] of steps.entries()) {
        const request = await job.write(epoch, BigInt(i + 1), output ? rows(i) : [])
        if (end === 'crash before commit') {
          // The checkpoint was never complete: its output must not appear.
          if (output) zombies.push(request)
          await job.fence(++epoch, complete && { ...complete, epoch })
          continue
        }
        complete = request
        if (output) expected++
        if (end !== 'commit lost') await job.commit(request)
        if (end !== 'go on') await job.fence(++epoch, { ...request, epoch })
      }
      for (const zombie of zombies) await expect(job.commit(zombie)).rejects.toMatchObject({ code: 'FENCED' })
      expect(await job.rowCount()).toBe(expected)
    }),
    runs(600, 15),
  )
})
