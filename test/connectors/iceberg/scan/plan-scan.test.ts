/** Scan planning: nothing that could match is pruned, what cannot match mostly is. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { SqliteCatalog } from '../../../../connectors/iceberg/catalog/sqlite-catalog.ts'
import { FileContent } from '../../../../connectors/iceberg/format/data-file.ts'
import { EntryStatus, writeManifest } from '../../../../connectors/iceberg/format/manifest.ts'
import {
  describeManifest,
  readManifestList,
  writeManifestList,
} from '../../../../connectors/iceberg/format/manifest-list.ts'
import { currentSchema, currentSnapshot, specById } from '../../../../connectors/iceberg/format/table-metadata.ts'
import { LocalFileIO } from '../../../../connectors/iceberg/io/local-file-io.ts'
import { planScan } from '../../../../connectors/iceberg/scan/plan-scan.ts'
import type { ScanPredicate } from '../../../../topology/contract/catalog.ts'
import type { PartitionTerm } from '../../../../topology/table.ts'
import { runs } from '../../../support/scale.ts'
import { field, tableOf, Warehouse } from '../support/warehouse.ts'

const FIELDS = [
  field('i', 'int'),
  field('t', 'timestamptz'),
  field('s', 'string'),
  field('d', 'double'),
  field('m', { kind: 'decimal', precision: 9, scale: 2 }),
]
type Row = { i: number | null; t: bigint | null; s: string | null; d: number | null; m: number | null }

const DAY = 86_400_000_000n
const nullable = <T>(values: fc.Arbitrary<T>) => fc.option(values, { freq: 5, nil: null })
const anyInt = fc.integer({ min: -20, max: 20 })
const anyTime = fc.bigInt({ min: -3n * DAY, max: 3n * DAY })
const anyText = fc.string({ unit: fc.constantFrom('a', 'b', '\uffff', '\u{1F600}'), maxLength: 20 })
const anyDouble = fc.oneof(fc.constantFrom(Number.NaN, -0, 0, Infinity, -Infinity), fc.double({ min: -9, max: 9 }))
const anyRow: fc.Arbitrary<Row> = fc.record({
  i: nullable(anyInt),
  t: nullable(anyTime),
  s: nullable(anyText),
  d: nullable(anyDouble),
  m: nullable(anyInt),
})
const operators = fc.constantFrom('=', '!=', '<', '<=', '>', '>=', 'is-null', 'not-null', 'in')
const anyPredicate = fc
  .oneof(
    fc.tuple(fc.constant('i'), fc.array(anyInt, { minLength: 1, maxLength: 3 })),
    fc.tuple(fc.constant('t'), fc.array(anyTime, { minLength: 1, maxLength: 3 })),
    fc.tuple(fc.constant('s'), fc.array(anyText, { minLength: 1, maxLength: 3 })),
    fc.tuple(fc.constant('d'), fc.array(anyDouble, { minLength: 1, maxLength: 3 })),
    fc.tuple(fc.constant('m'), fc.array(anyInt, { minLength: 1, maxLength: 3 })),
  )
  .chain(([name, values]) =>
    operators.map((op) => ({ field: name, op, values: op === 'in' ? values : values.slice(0, 1) }) as ScanPredicate),
  )

/** As DuckDB compares: NaN equals itself and is greater than every number; −0 = +0. */
function compare(a: unknown, b: unknown): number {
  if (typeof a === 'string') return Buffer.compare(Buffer.from(a), Buffer.from(b as string))
  const [nanA, nanB] = [Number.isNaN(a), Number.isNaN(b)]
  if (nanA || nanB) return Number(nanA) - Number(nanB)
  return (a as number) < (b as number) ? -1 : (a as number) > (b as number) ? 1 : 0
}

function satisfies(row: Row, { field: name, op, values }: ScanPredicate): boolean {
  const value = row[name as keyof Row]
  if (op === 'is-null') return value === null
  if (value === null) return false
  const order = compare(value, values[0])
  switch (op) {
    case 'not-null':
      return true
    case '=':
      return order === 0
    case '!=':
      return order !== 0
    case '<':
      return order < 0
    case '<=':
      return order <= 0
    case '>':
      return order > 0
    case '>=':
      return order >= 0
    case 'in':
      return values.some((candidate) => compare(value, candidate) === 0)
  }
}

const PARTITIONINGS: readonly (readonly PartitionTerm[])[] = [
  [],
  [{ field: 't', transform: 'day' }],
  [{ field: 'i', transform: 'bucket', buckets: 3 }],
  [{ field: 'i', transform: 'truncate', width: 7 }],
  [{ field: 's', transform: 'truncate', width: 2 }],
  [{ field: 'd', transform: 'identity' }],
  [
    { field: 'm', transform: 'identity' },
    { field: 't', transform: 'month' },
  ],
]

describe('planScan', () => {
  it.each(PARTITIONINGS.map((terms) => [terms] as const))(
    'keeps every row that matches, partitioned by %j',
    async (terms) => {
      await using warehouse = new Warehouse()
      let tables = 0
      await fc.assert(
        fc.asyncProperty(
          fc.array(fc.array(anyRow, { minLength: 1, maxLength: 8 }), { minLength: 1, maxLength: 3 }),
          fc.array(fc.array(anyPredicate, { minLength: 1, maxLength: 2 }), { minLength: 10, maxLength: 10 }),
          async (commits, queries) => {
            const job = warehouse.job(tableOf(`p.t${tables++}`, FIELDS, terms))
            await job.ensure()
            await job.fence(1n)
            const all = commits.flat()
            for (const [i, rows] of commits.entries()) await job.append(1n, BigInt(i + 1), rows)
            const whole = await warehouse.tables.planScan(job.table.name)
            for (const predicates of queries) {
              const scan = await warehouse.tables.planScan(job.table.name, { predicates })
              const matching = all.filter((row) => predicates.every((predicate) => satisfies(row, predicate))).length
              const kept = scan.files.reduce((sum, file) => sum + file.rowCount, 0n)
              expect(kept).toBeGreaterThanOrEqual(BigInt(matching))
              expect(scan.files.length + scan.pruned.byPartition + scan.pruned.byBounds).toBe(whole.files.length)
            }
          },
        ),
        runs(160, 4),
      )
    },
  )

  it('prunes by partition first, then by bounds', async () => {
    await using warehouse = new Warehouse()
    const job = warehouse.job(tableOf('p.t', FIELDS, [{ field: 't', transform: 'day' }]))
    await job.ensure()
    await job.fence(1n)
    const row = (i: number) => ({ i, t: BigInt(i) * DAY, s: `s${i}`, d: i, m: i })
    await job.append(1n, 1n, [row(0), row(1), row(2)])
    await job.append(1n, 2n, [row(3)])
    const scan = await warehouse.tables.planScan('p.t', {
      predicates: [
        { field: 't', op: '>=', values: [DAY] },
        { field: 's', op: '=', values: ['s2'] },
      ],
    })
    expect(scan.files.map(({ partition }) => partition)).toEqual([{ t_day: '1970-01-03' }])
    expect(scan.pruned).toEqual({ byPartition: 1, byBounds: 2 })
  })

  it('travels by snapshot and by time', async () => {
    await using warehouse = new Warehouse()
    const job = warehouse.job(tableOf('p.t', [field('i', 'int')]))
    await job.ensure()
    await job.fence(1n)
    await job.append(1n, 1n, [{ i: 1 }])
    await job.append(1n, 2n, [{ i: 2 }])
    const { snapshots } = await warehouse.tables.describeTable('p.t')
    const filesOf = async (travel: object) => (await warehouse.tables.planScan('p.t', travel)).files.length
    expect(await filesOf({ snapshotId: snapshots[1]!.snapshotId })).toBe(1)
    expect(await filesOf({ asOfMs: snapshots[1]!.timestampMs })).toBe(1)
    expect(await filesOf({ asOfMs: snapshots[2]!.timestampMs - 1 })).toBe(1)
    expect(await filesOf({ asOfMs: snapshots[2]!.timestampMs })).toBe(2)
    await expect(filesOf({ asOfMs: 0 })).rejects.toMatchObject({ code: 'SNAPSHOT_NOT_FOUND' })
    await expect(filesOf({ snapshotId: 1n })).rejects.toMatchObject({ code: 'SNAPSHOT_NOT_FOUND' })
  })

  it('names an unknown table or column with the nearest there is', async () => {
    await using warehouse = new Warehouse()
    await warehouse.job(tableOf('silver.events', [field('amount', 'int')])).ensure()
    await expect(warehouse.tables.planScan('silver.event')).rejects.toMatchObject({
      code: 'TABLE_NOT_FOUND',
      fix: "Did you mean 'silver.events'?",
    })
    const predicates = [{ field: 'amuont', op: '=', values: [1] }] as const
    await expect(warehouse.tables.planScan('silver.events', { predicates })).rejects.toMatchObject({
      code: 'COLUMN_NOT_FOUND',
      fix: "Did you mean 'amount'?",
    })
  })

  it.each([
    [FileContent.positionDeletes, undefined],
    [FileContent.equalityDeletes, 'EQUALITY_DELETES_UNSUPPORTED'],
  ])('knows the deletes of other writers (content %i)', async (content, code) => {
    await using warehouse = new Warehouse()
    const job = warehouse.job(tableOf('p.t', [field('i', 'int')]))
    await job.ensure()
    await job.fence(1n)
    await job.append(1n, 1n, [{ i: 1 }])
    const files = new LocalFileIO()
    const catalog = new SqliteCatalog({ path: warehouse.catalogPath, fileIO: files })
    const table = (await catalog.load('p.t'))!
    await catalog.close()
    const snapshot = currentSnapshot(table.metadata)!
    const entry = {
      status: EntryStatus.added,
      snapshotId: 1n,
      sequenceNumber: undefined,
      fileSequenceNumber: undefined,
      dataFile: {
        content,
        filePath: 'file:///deletes.parquet',
        fileFormat: 'PARQUET',
        partition: [],
        recordCount: 1n,
        fileSizeInBytes: 1n,
      },
    }
    const spec = specById(table.metadata, 0)
    const bytes = writeManifest({ schema: currentSchema(table.metadata), spec, content: 'deletes' }, [], [entry])
    const location = `${table.metadata.location}/metadata/deletes.avro`
    await files.write(location, bytes)
    const file = { location, sizeBytes: bytes.length, specId: 0, content: 'deletes' } as const
    const deletes = describeManifest(file, { snapshotId: 1n, sequenceNumber: 9n }, [], [entry])
    const list = readManifestList(await files.read(snapshot['manifest-list']))
    const ids = { snapshotId: 1n, parentSnapshotId: undefined, sequenceNumber: 9n }
    await files.write(snapshot['manifest-list'], writeManifestList(ids, [...list, deletes]))
    const scan = planScan(files, table)
    if (code !== undefined) await expect(scan).rejects.toMatchObject({ code })
    else expect((await scan).files.map(({ deleteFiles }) => deleteFiles)).toEqual([['file:///deletes.parquet']])
  })
})
