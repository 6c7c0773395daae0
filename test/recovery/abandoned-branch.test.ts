/** A table that was taken back to an older savepoint, met by a checkpoint of the branch that was left. */
import { expect, it } from 'vitest'
import { field, type TestJob, tableOf, Warehouse } from '../connectors/iceberg/support/warehouse.ts'

const TABLE = tableOf('t.t', [field('id', 'int', true)])

/** Output in intervals 1 and 2, none in 3; then back to 1. */
async function takenBack(warehouse: Warehouse) {
  const job = warehouse.job(TABLE)
  await job.ensure()
  await job.fence(1n)
  const first = await job.append(1n, 1n, [{ id: 1 }])
  await job.append(1n, 2n, [{ id: 2 }])
  const third = await job.append(1n, 3n, [])
  await job.fence(2n, first, true)
  return { job, first, third }
}

async function property(job: TestJob): Promise<string | undefined> {
  return (await job.warehouse.tables.describeTable('t.t')).properties['sluice.committed.job.t.t']
}

it.each([false, true])('goes over to that branch with all of its output: allowed to rewind %s', async (allowRewind) => {
  await using warehouse = new Warehouse()
  const { job, third } = await takenBack(warehouse)
  // What took it back has only fenced it, so nothing is taken out again.
  await job.fence(3n, third, allowRewind)
  expect(await job.rowCount()).toBe(2n)
  expect(await property(job)).toBe('3/1/3')
})

it('is not left for that branch unasked once it has output of its own, which would be lost', async () => {
  await using warehouse = new Warehouse()
  const { job, third } = await takenBack(warehouse)
  await job.append(2n, 4n, [{ id: 4 }])
  await expect(job.fence(3n, third)).rejects.toMatchObject({ code: 'REWIND_REFUSED' })
  expect(await property(job)).toBe('2/2/4')
})

it('is still owed what the attempt that took it back has completed since', async () => {
  await using warehouse = new Warehouse()
  const { job } = await takenBack(warehouse)
  const owed = await job.write(2n, 4n, [{ id: 4 }])
  await job.fence(3n, owed)
  expect(await job.rowCount()).toBe(2n)
  expect(await property(job)).toBe('3/2/4')
})
