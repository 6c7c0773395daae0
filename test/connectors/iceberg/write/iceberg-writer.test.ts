/** The writer: partitions, bounded buffers, back pressure, facts about files, and errors that name what is wrong. */
import { readFileSync } from 'node:fs'
import { zstdDecompressSync } from 'node:zlib'
import fc from 'fast-check'
import { parquetMetadata, parquetReadObjects } from 'hyparquet'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { LocalFileIO } from '../../../../connectors/iceberg/io/local-file-io.ts'
import type { IcebergWriterOptions } from '../../../../connectors/iceberg/write/iceberg-writer.ts'
import { Batch } from '../../../../topology/element.ts'
import type { PartitionTerm } from '../../../../topology/table.ts'
import { runs } from '../../../support/scale.ts'
import { recordingLogger, silentMetrics } from '../../../support/silent.ts'
import { field, type TestJob, tableOf, Warehouse } from '../support/warehouse.ts'

const DAY = 86_400_000_000n

const contextOf = (job: TestJob) => ({
  job: 'job',
  uid: 'the-sink',
  subtask: 3,
  epoch: 7n,
  clock: job.warehouse.clock,
  logger: recordingLogger(),
  metrics: silentMetrics,
})

async function fenced(warehouse: Warehouse, ...args: Parameters<typeof tableOf>): Promise<TestJob> {
  const job = warehouse.job(tableOf(...args))
  await job.ensure()
  await job.fence(7n)
  return job
}

/** The rows of a data file, as another reader decodes them. */
async function readParquet(location: string): Promise<Record<string, unknown>[]> {
  const bytes = readFileSync(location.slice('file://'.length))
  const file = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length)
  const ZSTD = (input: Uint8Array) => new Uint8Array(zstdDecompressSync(input))
  return parquetReadObjects({ file, compressors: { ZSTD } })
}

async function filesOf(job: TestJob) {
  return (await job.warehouse.tables.planScan(job.table.name)).files
}

describe('partitions', () => {
  it.each<[string, readonly PartitionTerm[], (row: any) => string]>([
    [
      'one field',
      [{ field: 't', transform: 'day' }],
      (row) => String(row.t === null ? null : (row.t + 99n * DAY) / DAY),
    ],
    [
      'several fields',
      [
        { field: 'n', transform: 'truncate', width: 3 },
        { field: 's', transform: 'identity' },
      ],
      (row) => JSON.stringify([row.n === null ? null : Math.floor(row.n / 3), row.s]),
    ],
  ])('get exactly their rows, by %s', async (_name, terms, partitionOf) => {
    const anyRow = fc.record({
      n: fc.option(fc.integer({ min: -9, max: 9 })),
      t: fc.option(fc.bigInt({ min: -3n * DAY, max: 3n * DAY })),
      s: fc.option(fc.constantFrom('', 'null', 'a/b', 'é')),
    })
    await using warehouse = new Warehouse()
    let tables = 0
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(anyRow, { minLength: 1, maxLength: 30 }), { maxLength: 4 }),
        async (batches) => {
          const fields = [field('n', 'int'), field('t', 'timestamptz'), field('s', 'string')]
          const job = await fenced(warehouse, `p.t${tables++}`, fields, terms)
          const committables = await job.writeBatches(7n, 1n, batches)
          await job.commit({ epoch: 7n, checkpointEpoch: 7n, checkpointId: 1n, watermarkMs: undefined, committables })
          const expected = Map.groupBy(batches.flat(), partitionOf)
          const files = await filesOf(job)
          expect(files.map(({ rowCount }) => Number(rowCount)).sort()).toEqual(
            Array.from(expected.values(), (rows) => rows.length).sort(),
          )
          for (const file of files) {
            const rows = await readParquet(file.location)
            const keys = rows.map((row: any) =>
              partitionOf({ ...row, t: row.t === null ? null : BigInt(+row.t) * 1000n }),
            )
            if (terms.length > 1) expect(new Set(keys).size).toBe(1)
          }
        },
      ),
      runs(320, 8),
    )
  })

  it('lie in directories named for them', async () => {
    await using warehouse = new Warehouse()
    const job = await fenced(warehouse, 'p.t', [field('s', 'string')], [{ field: 's', transform: 'identity' }])
    await job.append(7n, 1n, [{ s: 'a/b: c' }, { s: null }])
    const locations = (await filesOf(job)).map(({ location }) => location.slice(location.indexOf('/data/')))
    const name = 'job-p.t-7-0-\\d-[0-9a-f-]{36}\\.parquet'
    expect(locations.sort()).toEqual([
      expect.stringMatching(`^/data/s=a%2Fb%3A\\+c/${name}$`),
      expect.stringMatching(`^/data/s=null/${name}$`),
    ])
  })
})

describe('files are cut', () => {
  const cut = async (options: IcebergWriterOptions, rowCount: number, rowOf: (i: number) => object) => {
    await using warehouse = new Warehouse({ writer: options })
    const job = await fenced(
      warehouse,
      'p.t',
      [field('n', 'int'), field('s', 'string')],
      [{ field: 'n', transform: 'identity' }],
    )
    const batches = Array.from({ length: rowCount }, (_, i) => [rowOf(i)])
    const committables = await job.writeBatches(7n, 1n, batches)
    await job.commit({ epoch: 7n, checkpointEpoch: 7n, checkpointId: 1n, watermarkMs: 0, committables })
    expect(await job.rowCount()).toBe(BigInt(rowCount))
    return (await filesOf(job)).map((file) => Number(file.rowCount)).sort((a, b) => a - b)
  }

  it('at a number of rows', async () => {
    expect(await cut({ maxFileRows: 4 }, 10, () => ({ n: 1, s: 'x' }))).toEqual([2, 4, 4])
  })

  it('at a number of bytes', async () => {
    expect(await cut({ maxFileBytes: 1000 }, 7, () => ({ n: 1, s: 'x'.repeat(400) }))).toEqual([1, 3, 3])
  })

  it('when too many partitions are open, the one that was written longest ago', async () => {
    expect(await cut({ maxOpenPartitions: 2 }, 6, (i) => ({ n: [1, 2, 1, 3, 1, 2][i], s: 'x' }))).toEqual([1, 1, 1, 3])
  })

  it('when too many bytes are open, the largest', async () => {
    const sizes = await cut({ maxOpenBytes: 1000 }, 4, (i) => ({ n: i % 2, s: 'x'.repeat(i % 2 === 0 ? 480 : 10) }))
    expect(sizes).toEqual([2, 2])
  })
})

it('asks to wait while more bytes are on their way than allowed', async () => {
  const gate = Promise.withResolvers<void>()
  await using warehouse = new Warehouse({
    writer: { maxFileRows: 2, maxInFlightBytes: 10 },
    faultPoint: (name) => (name === 'iceberg.before-data-file' ? gate.promise : undefined),
  })
  const job = await fenced(warehouse, 'p.t', [field('n', 'long', true)])
  const writer = await warehouse.tables.sink(job.table).createWriter(contextOf(job))
  expect(writer.write(new Batch([{ n: 1n }]))).toBeUndefined()
  const full = writer.write(new Batch([{ n: 2n }]))
  expect(full).toBeInstanceOf(Promise)
  gate.resolve()
  await full
  expect(writer.write(new Batch([{ n: 3n }]))).toBeUndefined()
  const committables = (await writer.prepareCommit(1n)) as any
  expect(committables[0].files).toHaveLength(2)
  await writer.close()
})

it('cuts at the barrier: what is written while it prepares belongs to the next interval', async () => {
  await using warehouse = new Warehouse()
  const job = await fenced(warehouse, 'p.t', [field('n', 'int', true)])
  const writer = await warehouse.tables.sink(job.table).createWriter(contextOf(job))
  writer.write(new Batch([{ n: 1 }, { n: 2 }]))
  const first = writer.prepareCommit(1n)
  writer.write(new Batch([{ n: 3 }]))
  const second = writer.prepareCommit(2n)
  const third = writer.prepareCommit(3n)
  const rowsOf = (committables: any) =>
    committables.flatMap(({ files }: any) => files.map(({ records }: any) => records))
  expect([rowsOf(await first), rowsOf(await second), await third]).toEqual([['2'], ['1'], []])
  await writer.close()
})

describe('facts about a file', () => {
  it('have counts and bounds, NaN apart and zeros widened', async () => {
    await using warehouse = new Warehouse()
    const fields = [
      field('d', 'double'),
      field('allNan', 'float'),
      field('m', { kind: 'decimal', precision: 20, scale: 2 }),
      field('s', 'string'),
      field('b', 'binary'),
      field('u', 'uuid'),
      field('none', 'int'),
      field('o', { kind: 'struct', fields: [field('x', 'date')] }),
      field('l', { kind: 'list', elementId: -1, element: { kind: 'int' }, elementRequired: false }),
    ]
    const job = await fenced(warehouse, 'p.t', fields)
    const uuid = (digit: string) => `${digit.repeat(8)}-0000-4000-8000-000000000000`
    const base = { allNan: Number.NaN, none: null, l: [1, 2] }
    const request = await job.write(7n, 1n, [
      {
        ...base,
        d: Number.NaN,
        m: -(10n ** 19n),
        s: '\uffff'.repeat(20),
        b: new Uint8Array(20).fill(255),
        u: uuid('f'),
        o: null,
      },
      { ...base, d: 0, m: 5n, s: '\u{1F600}', b: Uint8Array.of(1), u: uuid('0'), o: { x: -5 } },
      { ...base, d: 0, m: null, s: null, b: null, u: null, o: { x: null } },
    ])
    const [file] = (request.committables[0] as any).files
    const bound = (side: 'lower' | 'upper', id: number) =>
      file[side][id] === undefined ? undefined : Buffer.from(file[side][id], 'base64').toString('hex')
    const double = (value: number) => {
      const bytes = Buffer.alloc(8)
      bytes.writeDoubleLE(value)
      return bytes.toString('hex')
    }
    expect(file.records).toBe('3')
    expect(file.values).toEqual({ 1: '3', 2: '3', 3: '3', 4: '3', 5: '3', 6: '3', 7: '3', 10: '3' })
    expect(file.nulls).toEqual({ 1: '0', 2: '0', 3: '1', 4: '1', 5: '1', 6: '1', 7: '3', 10: '2' })
    expect(file.nans).toEqual({ 1: '1', 2: '3' })
    expect([bound('lower', 1), bound('upper', 1)]).toEqual([double(-0), double(0)])
    expect([bound('lower', 2), bound('upper', 2)]).toEqual([undefined, undefined])
    expect([bound('lower', 3), bound('upper', 3)]).toEqual(['ff7538dcfb76180000', '05'])
    // UTF-8 order: U+FFFF is before U+1F600, though its UTF-16 unit is greater.
    expect([bound('lower', 4), bound('upper', 4)]).toEqual(['efbfbf'.repeat(16), 'f09f9880'])
    expect([bound('lower', 5), bound('upper', 5)]).toEqual(['01', undefined])
    expect([bound('lower', 6)?.slice(0, 8), bound('upper', 6)?.slice(0, 8)]).toEqual(['00000000', 'ffffffff'])
    expect([bound('lower', 7), bound('upper', 7)]).toEqual([undefined, undefined])
    expect([bound('lower', 10), bound('upper', 10)]).toEqual(['fbffffff', 'fbffffff'])
    const bytes = readFileSync(file.path.slice('file://'.length))
    expect(file.size).toBe(String(bytes.length))
    const columns = parquetMetadata(new Uint8Array(bytes)).row_groups[0]!.columns
    expect(columns.map((column) => column.meta_data!.codec)).toEqual(columns.map(() => 'ZSTD'))
    expect(file.columnSizes[1]).toBe(String(columns[0]!.meta_data!.total_compressed_size))
  })

  it('bound every value', async () => {
    await using warehouse = new Warehouse()
    const job = await fenced(warehouse, 'p.t', [field('s', 'string', true), field('l', 'long', true)])
    const anyRow = fc.record({
      s: fc.string({ unit: 'binary', maxLength: 100 }),
      l: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
    })
    let checkpointId = 1n
    await fc.assert(
      fc.asyncProperty(fc.array(anyRow, { minLength: 1, maxLength: 10 }), async (rows) => {
        const request = await job.write(7n, checkpointId++, rows)
        const [file] = (request.committables[0] as any).files
        const bytes = (side: string, id: number) => Buffer.from(file[side][id] ?? '', 'base64')
        for (const { s, l } of rows) {
          expect(Buffer.compare(bytes('lower', 1), Buffer.from(s))).toBeLessThanOrEqual(0)
          if (file.upper[1] !== undefined)
            expect(Buffer.compare(bytes('upper', 1), Buffer.from(s))).toBeGreaterThanOrEqual(0)
          expect(bytes('lower', 2).readBigInt64LE() <= l && l <= bytes('upper', 2).readBigInt64LE()).toBe(true)
        }
      }),
      runs(480, 12),
    )
  })
})

describe('errors', () => {
  let shared: Warehouse
  let tables = 0
  beforeAll(() => {
    shared = new Warehouse()
  })
  afterAll(() => shared[Symbol.asyncDispose]())

  it.each<[string, Parameters<typeof field>[1], boolean, unknown, string]>([
    ['null in a required column', 'int', true, null, "column 'x' is required, and a row has null"],
    ['undefined in a required column', 'string', true, undefined, "column 'x' is required, and a row has null"],
    ['text in an int', 'int', false, '5', `column 'x' takes an integer of 32 bits, not string "5"`],
    ['an int too large', 'int', false, 2 ** 31, "column 'x' takes an integer of 32 bits, not number 2147483648"],
    [
      'a long too large',
      'long',
      false,
      2n ** 63n,
      "column 'x' takes an integer of 64 bits, not bigint 9223372036854775808",
    ],
    ['a fraction in a long', 'long', false, 0.5, "column 'x' takes an integer of 64 bits, not number 0.5"],
    ['a decimal too wide', { kind: 'decimal', precision: 4, scale: 2 }, false, 10_000, 'a scaled integer below 10000'],
    ['a number in a string', 'string', false, 5, "column 'x' takes a string, not number 5"],
    ['a malformed uuid', 'uuid', false, 'f79c3e09-677c-4bbd-a479-3f349cb785eg', "column 'x' takes a uuid"],
    ['fixed of another length', { kind: 'fixed', length: 2 }, false, Uint8Array.of(1), "column 'x' takes 2 bytes"],
    [
      'an array in a map',
      { kind: 'map', keyId: -1, key: { kind: 'int' }, valueId: -1, value: { kind: 'int' }, valueRequired: true },
      false,
      [],
      "column 'x' takes a Map",
    ],
    [
      'a required member missing',
      { kind: 'struct', fields: [field('y', 'int', true)] },
      false,
      {},
      "column 'x.y' is required",
    ],
  ])('name the operator, the table and the column: %s', async (_name, type, required, x, message) => {
    const name = `p.t${tables++}`
    const job = await fenced(shared, name, [field('x', type, required)])
    const writer = await shared.tables.sink(job.table).createWriter(contextOf(job))
    const write = () => writer.write(new Batch([{ x }]))
    expect(write).toThrow(
      expect.objectContaining({ code: 'OPERATOR_FAILED', message: expect.stringContaining(message) }),
    )
    expect(write).toThrow(`sink 'the-sink' cannot write a row to ${name}`)
  })

  it('of the Parquet worker reject the checkpoint and every later write', async () => {
    await using warehouse = new Warehouse({ writer: { maxFileRows: 1 } })
    const job = await fenced(warehouse, 'p.t', [field('x', 'int', true)])
    const { location } = await warehouse.tables.describeTable('p.t')
    await new LocalFileIO().write(`${location}/data`, Uint8Array.of())
    const writer = await warehouse.tables.sink(job.table).createWriter(contextOf(job))
    writer.write(new Batch([{ x: 1 }]))
    const failure = {
      message: expect.stringContaining("sink 'the-sink' cannot write a data file of p.t"),
      code: 'FILE_IO',
    }
    await expect(writer.prepareCommit(1n)).rejects.toMatchObject(failure)
    expect(() => writer.write(new Batch([{ x: 2 }]))).toThrow('cannot write a data file')
    await writer.close()
  })
})
