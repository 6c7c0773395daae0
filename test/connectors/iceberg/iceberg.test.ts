/** The connector as the runtime sees it: ensuring tables, describing them, naming what is wrong. */
import { expect, it } from 'vitest'
import { openIceberg } from '../../../connectors/iceberg/iceberg.ts'
import { recordingLogger } from '../../support/silent.ts'
import { field, steppingClock, tableOf, Warehouse } from './support/warehouse.ts'

it('makes a table once, whoever asks', async () => {
  await using warehouse = new Warehouse()
  const second = warehouse.reopened()
  const table = tableOf('a.t', [field('id', 'int', true)], [{ field: 'id', transform: 'bucket', buckets: 2 }])
  await Promise.all([
    warehouse.tables.ensureTable(table),
    second.tables.ensureTable(table),
    second.tables.ensureTable(table),
  ])
  expect(await warehouse.tables.listTables()).toEqual(['a.t'])
  expect(await second.tables.describeTable('a.t')).toMatchObject({
    name: 'a.t',
    formatVersion: 2,
    fields: [{ id: 1, name: 'id', required: true, type: { kind: 'int' } }],
    partitionBy: [{ field: 'id', transform: 'bucket', buckets: 2 }],
    currentSnapshotId: undefined,
    snapshots: [],
    rowCount: 0n,
    fileCount: 0,
  })
  await second.tables.close()
})

it('adds optional columns and widens types; old snapshots keep their schema', async () => {
  await using warehouse = new Warehouse()
  const before = warehouse.job(tableOf('a.t', [field('id', 'int', true)]))
  await before.ensure()
  await before.fence(1n)
  await before.append(1n, 1n, [{ id: 1 }])
  const { currentSnapshotId } = await warehouse.tables.describeTable('a.t')
  await warehouse.job(tableOf('a.t', [field('id', 'long', true), field('note', 'string')])).ensure()
  const now = await warehouse.tables.planScan('a.t', { predicates: [{ field: 'id', op: '=', values: [1n] }] })
  const then = await warehouse.tables.planScan('a.t', { snapshotId: currentSnapshotId! })
  expect(now.fields.map(({ name, type }) => `${name} ${type.kind}`)).toEqual(['id long', 'note string'])
  expect(now.files).toHaveLength(1)
  expect(then.fields.map(({ name, type }) => `${name} ${type.kind}`)).toEqual(['id int'])
})

it('refuses another shape, listing every difference', async () => {
  await using warehouse = new Warehouse()
  await warehouse.job(tableOf('a.t', [field('id', 'long', true), field('x', 'int')])).ensure()
  const other = tableOf('a.t', [field('id', 'int', true)], [{ field: 'id', transform: 'identity' }])
  await expect(warehouse.tables.ensureTable(other)).rejects.toMatchObject({
    code: 'SCHEMA_MISMATCH',
    details: {
      differences: [
        "column 'id' is long in the table, but int in the job",
        "column 'x' (int) is in the table, but not in the job",
        'the table is partitioned by nothing, but the job by identity(id)',
      ],
    },
  })
})

it('names an unknown table with the nearest, and a warehouse that is none', async () => {
  await using warehouse = new Warehouse()
  await expect(warehouse.tables.describeTable('gold.daily')).rejects.toMatchObject({
    code: 'TABLE_NOT_FOUND',
    fix: 'The catalog has no tables yet.',
  })
  await warehouse.job(tableOf('gold.daily_revenue', [field('x', 'int')])).ensure()
  await expect(warehouse.tables.describeTable('gold.daily_revenu')).rejects.toMatchObject({
    fix: "Did you mean 'gold.daily_revenue'?",
  })
  const options = { catalogPath: `${warehouse.directory}/x.db`, clock: steppingClock(), logger: recordingLogger() }
  expect(() => openIceberg({ ...options, warehouse: 'file:relative' })).toThrow(
    expect.objectContaining({ code: 'LOCATION_INVALID' }),
  )
})
