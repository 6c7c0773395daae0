/** PyIceberg writes into a table made here: its snapshots are planned, kept, and built upon. */
import { beforeAll, expect, it } from 'vitest'
import { field, tableOf, Warehouse } from '../../connectors/iceberg/support/warehouse.ts'
import { readWithPyIceberg, runPython, setUpPyIceberg } from '../pyiceberg.ts'

beforeAll(setUpPyIceberg)

const APPEND = `
import json, sys, datetime
import pyarrow as pa
from pyiceberg.catalog import load_catalog
table = load_catalog("sluice", type="sql", uri="sqlite:///" + sys.argv[1]).load_table("shared.t")
utc = datetime.timezone.utc
table.append(pa.table({
    "id": pa.array([10, 11], pa.int64()),
    "at": pa.array([datetime.datetime(2026, 1, 1, tzinfo=utc), datetime.datetime(2026, 1, 2, tzinfo=utc)], pa.timestamp("us", "UTC")),
    "price": pa.array([None, 5], pa.decimal128(18, 2)),
}))
print(json.dumps(table.current_snapshot().snapshot_id))
`

it('takes turns with PyIceberg', async () => {
  await using warehouse = new Warehouse()
  const fields = [
    field('id', 'long'),
    field('at', 'timestamptz'),
    field('price', { kind: 'decimal', precision: 18, scale: 2 }),
  ]
  const job = warehouse.job(tableOf('shared.t', fields, [{ field: 'at', transform: 'day' }]))
  await job.ensure()
  await job.fence(1n)
  const micros = (iso: string) => BigInt(Date.parse(iso)) * 1000n
  const first = await job.append(1n, 1n, [{ id: 1n, at: micros('2026-01-01T00:00:00Z'), price: 100n }])
  await runPython(APPEND, [warehouse.catalogPath])
  await job.append(1n, 2n, [{ id: 2n, at: micros('2026-01-03T00:00:00Z'), price: null }])

  const { rows, summary } = await readWithPyIceberg(warehouse.catalogPath, 'shared.t', { sort: 'id' })
  expect(rows.map(({ id }) => id)).toEqual([1, 2, 10, 11])
  expect(summary.properties['sluice.committed.job.shared.t']).toBe('1/1/2')
  expect((await warehouse.tables.describeTable('shared.t')).rowCount).toBe(4n)

  const planned = async (...predicates: any[]) => {
    const scan = await warehouse.tables.planScan('shared.t', { predicates })
    return { days: scan.files.map(({ partition }: any) => partition['at_day']).sort(), pruned: scan.pruned }
  }
  expect(await planned({ field: 'at', op: '>=', values: [micros('2026-01-02T00:00:00Z')] })).toEqual({
    days: ['2026-01-02', '2026-01-03'],
    pruned: { byPartition: 2, byBounds: 0 },
  })
  expect(await planned({ field: 'id', op: '=', values: [10n] })).toEqual({
    days: ['2026-01-01'],
    pruned: { byPartition: 0, byBounds: 3 },
  })
  await expect(job.fence(2n, first, true)).rejects.toMatchObject({ code: 'REWIND_REFUSED' })
})
