import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openDuckDb } from '../../../../connectors/query/duckdb/engine.ts'
import type { ScanPredicate, TableCatalog, TableScan, TimeTravel } from '../../../../topology/contract/catalog.ts'
import type { QueryEngine } from '../../../../topology/contract/query.ts'
import type { DataType, Field } from '../../../../topology/schema/types.ts'

const field = (id: number, name: string, type: DataType): Field => ({ id, name, required: false, type })

const EVENT_FIELDS = [
  field(1, 'event_id', { kind: 'string' }),
  field(2, 'event_timestamp', { kind: 'timestamptz' }),
  field(3, 'user_id', { kind: 'string' }),
  field(4, 'amount', { kind: 'decimal', precision: 18, scale: 2 }),
  field(5, 'sequence', { kind: 'long' }),
  field(6, 'added_later', { kind: 'int' }),
]

const KIND_FIELDS = [
  field(1, 'flag', { kind: 'boolean' }),
  field(2, 'whole', { kind: 'int' }),
  field(3, 'big', { kind: 'long' }),
  field(4, 'single', { kind: 'float' }),
  field(5, 'real', { kind: 'double' }),
  field(6, 'day', { kind: 'date' }),
  field(7, 'clock', { kind: 'time' }),
  field(8, 'moment', { kind: 'timestamp' }),
  field(9, 'instant', { kind: 'timestamptz' }),
  field(10, 'name', { kind: 'string' }),
  field(11, 'id', { kind: 'uuid' }),
  field(12, 'bytes', { kind: 'binary' }),
  field(13, 'money', { kind: 'decimal', precision: 38, scale: 4 }),
  field(14, 'place', {
    kind: 'struct',
    fields: [field(15, 'city', { kind: 'string' }), field(16, 'zip', { kind: 'int' })],
  }),
  field(17, 'tags', { kind: 'list', elementId: 18, element: { kind: 'string' }, elementRequired: false }),
  field(19, 'counts', {
    kind: 'map',
    keyId: 20,
    key: { kind: 'string' },
    valueId: 21,
    value: { kind: 'long' },
    valueRequired: false,
  }),
]

interface PlannedScan {
  readonly name: string
  readonly timeTravel: TimeTravel
  readonly predicates: readonly ScanPredicate[]
}

/** A catalog of Parquet files, which keeps a record of what was planned and prunes nothing. */
class FileCatalog {
  readonly plans: PlannedScan[] = []
  private readonly tables = new Map<string, { fields: readonly Field[]; files: readonly string[] }>()

  add(name: string, fields: readonly Field[], files: readonly string[]) {
    this.tables.set(name, { fields, files })
  }

  asCatalog(): TableCatalog {
    return this as unknown as TableCatalog
  }

  async listTables() {
    return [...this.tables.keys()].sort()
  }

  async describeTable(name: string) {
    return { fields: this.tables.get(name)!.fields }
  }

  async planScan(
    name: string,
    options: TimeTravel & { predicates?: readonly ScanPredicate[] } = {},
  ): Promise<TableScan> {
    const { predicates = [], ...timeTravel } = options
    this.plans.push({ name, timeTravel, predicates })
    const { fields, files } = this.tables.get(name)!
    return {
      table: name,
      snapshotId: 5_123_456_789_012_345_678n,
      fields,
      files: files.map((path) => ({
        location: `file://${path}`,
        sizeBytes: 1n,
        rowCount: 1n,
        partition: {},
        deleteFiles: [],
      })),
      pruned: { byPartition: 2, byBounds: 1 },
      watermarkMs: 1_700_000_000_000,
    }
  }
}

let directory: string
let catalog: FileCatalog
let engine: QueryEngine

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'sluice [duckdb]*'))
  const instance = await DuckDBInstance.create(':memory:')
  const connection = await instance.connect()
  const write = (name: string, select: string, fieldIds: string) =>
    connection.run(`COPY (${select}) TO '${join(directory, name)}' (FORMAT parquet, FIELD_IDS ${fieldIds})`)
  await connection.run("SET TimeZone = 'UTC'")
  // Named as a partition's directory is, and to be taken for nothing more.
  mkdirSync(join(directory, 'user_id=u0'))
  await write(
    'events-1.parquet',
    `SELECT 'e' || i AS event_id, TIMESTAMPTZ '2026-01-01 00:00:00+00' + to_hours(i::INT) AS event_timestamp,
            'u' || (i % 3) AS user_id, (i * 19.99)::DECIMAL(18, 2) AS amount, i AS sequence FROM range(10) t(i)`,
    '{event_id: 1, event_timestamp: 2, user_id: 3, amount: 4, sequence: 5}',
  )
  await write(
    'user_id=u0/events-2.parquet',
    `SELECT 7::INT AS added_later, 9007199254740993 AS an_older_name, 'u9' AS user_id, 'e99' AS event_id,
            1::DECIMAL(18, 2) AS amount, TIMESTAMPTZ '2026-02-01 00:00:00+00' AS event_timestamp`,
    '{event_id: 1, event_timestamp: 2, user_id: 3, amount: 4, an_older_name: 5, added_later: 6}',
  )
  await write(
    'kinds.parquet',
    `SELECT true AS flag, 1::INT AS whole, 9223372036854775807 AS big, 0.5::FLOAT AS single, 'NaN'::DOUBLE AS real,
            DATE '2026-01-02' AS day, TIME '03:04:05.000006' AS clock, TIMESTAMP '2026-01-02 03:04:05.5' AS moment,
            TIMESTAMPTZ '2026-01-02 03:04:05.000006+01' AS instant, 'Zoë' AS name,
            '00112233-4455-6677-8899-aabbccddeeff'::UUID AS id, '\\x00\\xFF'::BLOB AS bytes,
            1234567890123456789012345678.0001::DECIMAL(38, 4) AS money, {city: 'Ulm', zip: 89073} AS place,
            ['a', NULL] AS tags, MAP {'k': 2::BIGINT} AS counts`,
    `{flag: 1, whole: 2, big: 3, single: 4, real: 5, day: 6, clock: 7, moment: 8, instant: 9, name: 10, id: 11,
      bytes: 12, money: 13, place: {__duckdb_field_id: 14, city: 15, zip: 16},
      tags: {__duckdb_field_id: 17, element: 18}, counts: {__duckdb_field_id: 19, key: 20, value: 21}}`,
  )
  connection.closeSync()
  instance.closeSync()
})

afterAll(() => rmSync(directory, { recursive: true }))

beforeAll(() => {
  catalog = new FileCatalog()
  catalog.add(
    'silver.events',
    EVENT_FIELDS,
    ['events-1.parquet', 'user_id=u0/events-2.parquet'].map((name) => join(directory, name)),
  )
  catalog.add('silver.kinds', KIND_FIELDS, [join(directory, 'kinds.parquet')])
  catalog.add('gold.empty', KIND_FIELDS, [])
  engine = openDuckDb({ tables: catalog.asCatalog() })
})

const rowsOf = async (sql: string) => (await engine.query(sql)).rows

async function predicatesOf(sql: string): Promise<readonly ScanPredicate[]> {
  catalog.plans.length = 0
  await engine.query(sql)
  expect(catalog.plans).toHaveLength(1)
  return catalog.plans[0]!.predicates
}

describe('reading', () => {
  it('matches columns by field id, whatever a file calls them, and fills in what it does not have', async () => {
    expect(
      await rowsOf('SELECT event_id, user_id, sequence, added_later FROM silver.events WHERE sequence > 8'),
    ).toEqual([
      ['e9', 'u0', '9', null],
      ['e99', 'u9', '9007199254740993', 7],
    ])
  })

  it('says which snapshot was read, how fresh it is and what was pruned', async () => {
    const { columns, tables } = await engine.query('SELECT count(*) AS n, sum(amount) AS total FROM silver.events')
    expect(columns).toEqual([
      { name: 'n', type: 'BIGINT' },
      { name: 'total', type: 'DECIMAL(38,2)' },
    ])
    expect(tables).toEqual([
      {
        name: 'silver.events',
        snapshotId: 5_123_456_789_012_345_678n,
        watermarkMs: 1_700_000_000_000,
        filesRead: 2,
        filesPruned: 3,
      },
    ])
  })

  it('gives values as JSON holds them exactly', async () => {
    expect(await rowsOf('SELECT * FROM silver.kinds')).toEqual([
      [
        true,
        1,
        '9223372036854775807',
        0.5,
        'NaN',
        '2026-01-02',
        '03:04:05.000006',
        '2026-01-02T03:04:05.500',
        '2026-01-02T02:04:05.000006Z',
        'Zoë',
        '00112233-4455-6677-8899-aabbccddeeff',
        '00ff',
        '1234567890123456789012345678.0001',
        { city: 'Ulm', zip: 89073 },
        ['a', null],
        [{ key: 'k', value: '2' }],
      ],
    ])
  })

  it('gives infinities and times before the epoch', async () => {
    expect(
      await rowsOf(`SELECT '-Infinity'::DOUBLE, 'infinity'::TIMESTAMP, TIMESTAMPTZ '1969-12-31 23:59:59.999999+00',
                    TIMESTAMP '0001-01-01 00:00:00', 1::HUGEINT`),
    ).toEqual([['-Infinity', 'infinity', '1969-12-31T23:59:59.999999Z', '0001-01-01T00:00:00', '1']])
  })

  it('takes a table without files for an empty one of its types', async () => {
    const { rows, columns } = await engine.query('SELECT * FROM gold.empty')
    expect(rows).toEqual([])
    expect(columns.map((column) => column.name)).toEqual(KIND_FIELDS.map((each) => each.name))
    expect(columns.find((column) => column.name === 'place')?.type).toBe('STRUCT("city" VARCHAR, "zip" INTEGER)')
  })

  it.each([
    [
      'subqueries',
      'SELECT count(*) FROM (SELECT * FROM silver.events WHERE sequence IN (SELECT whole FROM silver.kinds))',
    ],
    ['joins and aliases', 'SELECT count(*) FROM silver.events e JOIN silver.kinds k ON e.sequence = k.whole'],
    ['common tables', 'WITH events AS (SELECT * FROM silver.events) SELECT count(*) FROM events WHERE sequence = 1'],
    ['a common table named as a table', 'WITH kinds AS (SELECT 1 AS x) SELECT count(*) FROM kinds'],
    ['quotes and case', 'SELECT count(*) FROM "Silver"."EVENTS" WHERE "SEQUENCE" = 1'],
    ['FROM first', 'FROM silver.events SELECT count(*) WHERE sequence = 1'],
    ['a semicolon and a comment', 'SELECT count(*) FROM silver.kinds; -- done'],
    ['EXISTS', 'SELECT count(*) FROM silver.kinds k WHERE EXISTS (FROM silver.events e WHERE e.sequence = k.whole)'],
  ])('understands %s', async (_what, sql) => expect(await rowsOf(sql)).toEqual([['1']]))

  it('describes a table', async () => {
    expect((await rowsOf('DESCRIBE silver.events')).map((row) => row[0])).toEqual(EVENT_FIELDS.map((each) => each.name))
  })

  it('compares in UTC', async () => {
    expect(
      await rowsOf("SELECT event_timestamp::DATE, current_setting('TimeZone') FROM silver.events LIMIT 1"),
    ).toEqual([['2026-01-01', 'UTC']])
  })

  it('hands time travel to the planner', async () => {
    catalog.plans.length = 0
    await engine.query('SELECT count(*) FROM silver.events', { snapshotId: 7n })
    await engine.query('SELECT count(*) FROM silver.events WHERE sequence > 1', { asOfMs: 1 })
    expect(catalog.plans).toEqual([
      { name: 'silver.events', timeTravel: { snapshotId: 7n }, predicates: [] },
      { name: 'silver.events', timeTravel: { asOfMs: 1 }, predicates: [] },
      {
        name: 'silver.events',
        timeTravel: { asOfMs: 1 },
        predicates: [{ field: 'sequence', op: '>', values: [1n] }],
      },
    ])
  })
})

describe('predicates', () => {
  const where = (condition: string) => predicatesOf(`SELECT count(*) FROM silver.events WHERE ${condition}`)
  const whereKinds = (condition: string) => predicatesOf(`SELECT count(*) FROM silver.kinds WHERE ${condition}`)
  const jan2 = 1_767_312_000_000_000n
  const jan3 = jan2 + 86_400_000_000n

  it.each<[string, readonly ScanPredicate[]]>([
    [
      "event_timestamp >= TIMESTAMPTZ '2026-01-02 00:00:00+00'",
      [{ field: 'event_timestamp', op: '>=', values: [jan2] }],
    ],
    ["event_timestamp < '2026-01-02 02:00:00+02'", [{ field: 'event_timestamp', op: '<', values: [jan2] }]],
    ["event_timestamp = DATE '2026-01-02'", [{ field: 'event_timestamp', op: '=', values: [jan2] }]],
    ["'2026-01-02' > event_timestamp", [{ field: 'event_timestamp', op: '<', values: [jan2] }]],
    [
      "user_id = 'u1' AND sequence <> 3",
      [
        { field: 'user_id', op: '=', values: ['u1'] },
        { field: 'sequence', op: '!=', values: [3n] },
      ],
    ],
    ['amount = 19.9', [{ field: 'amount', op: '=', values: [1990n] }]],
    [
      'amount BETWEEN 1 AND 2.50',
      [
        { field: 'amount', op: '>=', values: [100n] },
        { field: 'amount', op: '<=', values: [250n] },
      ],
    ],
    ["user_id IN ('a', 'b')", [{ field: 'user_id', op: 'in', values: ['a', 'b'] }]],
    ['user_id IS NULL', [{ field: 'user_id', op: 'is-null', values: [] }]],
    ['user_id IS NOT NULL', [{ field: 'user_id', op: 'not-null', values: [] }]],
    ['NOT (user_id IS NULL)', [{ field: 'user_id', op: 'not-null', values: [] }]],
    ['sequence = 9007199254740993', [{ field: 'sequence', op: '=', values: [9_007_199_254_740_993n] }]],
    ['sequence > -5', [{ field: 'sequence', op: '>', values: [-5n] }]],
    [
      'events.sequence > 1 AND silver.events.sequence < 5',
      [
        { field: 'sequence', op: '>', values: [1n] },
        { field: 'sequence', op: '<', values: [5n] },
      ],
    ],
  ])('are found in %s', async (condition, predicates) => expect(await where(condition)).toEqual(predicates))

  it.each<[string, readonly ScanPredicate[]]>([
    [
      '=',
      [
        { field: 'event_timestamp', op: '>=', values: [jan2] },
        { field: 'event_timestamp', op: '<', values: [jan3] },
      ],
    ],
    ['<', [{ field: 'event_timestamp', op: '<', values: [jan2] }]],
    ['<=', [{ field: 'event_timestamp', op: '<', values: [jan3] }]],
    ['>', [{ field: 'event_timestamp', op: '>=', values: [jan3] }]],
    ['>=', [{ field: 'event_timestamp', op: '>=', values: [jan2] }]],
  ])("are found for the day of a time: event_timestamp::DATE %s '2026-01-02'", async (op, predicates) =>
    expect(await where(`event_timestamp::DATE ${op} '2026-01-02'`)).toEqual(predicates),
  )

  it.each<[string, readonly ScanPredicate[]]>([
    ["day > '2026-01-01'", [{ field: 'day', op: '>', values: [20_454] }]],
    ["day = TIMESTAMP '2026-01-01 00:00:00'", [{ field: 'day', op: '=', values: [20_454] }]],
    ['flag = true', [{ field: 'flag', op: '=', values: [true] }]],
    ['whole < 3', [{ field: 'whole', op: '<', values: [3] }]],
    ['real <= 1e3', [{ field: 'real', op: '<=', values: [1000] }]],
    [
      "id = '00112233-4455-6677-8899-AABBCCDDEEFF'",
      [{ field: 'id', op: '=', values: ['00112233-4455-6677-8899-aabbccddeeff'] }],
    ],
  ])('are found for every kind: %s', async (condition, predicates) =>
    expect(await whereKinds(condition)).toEqual(predicates),
  )

  it.each([
    "user_id = 'a' OR sequence = 1",
    "NOT (user_id = 'a' AND sequence = 1)",
    "upper(user_id) = 'A'",
    'sequence + 1 = 2',
    'sequence > 1.5',
    'amount = 1.999',
    'amount > 1e1',
    "user_id NOT IN ('a')",
    'sequence IS DISTINCT FROM 1',
    "event_timestamp::DATE != DATE '2026-01-01'",
    "event_timestamp::VARCHAR > '2026'",
    "event_timestamp > '2026-01-01 00:00:00'::TIMESTAMP + INTERVAL 1 DAY",
    'sequence = added_later',
    'sequence = NULL',
    'sequence IN (1, NULL)',
  ])('are not made of %s', async (condition) => expect(await where(condition)).toEqual([]))

  it('leave NaN and the order of uuids to DuckDB', async () => {
    expect(await whereKinds("real > 1 AND real != 2 AND id < '00112233-4455-6677-8899-aabbccddeeff'")).toEqual([])
    expect(await rowsOf('SELECT count(*) FROM silver.kinds WHERE real > 1')).toEqual([['1']])
  })

  it.each([
    ['the table is named twice', 'FROM silver.events WHERE sequence = 1 UNION ALL FROM silver.events'],
    ['a sample is drawn before', 'FROM silver.events TABLESAMPLE 100% WHERE sequence = 1'],
    ['columns have other names', "FROM silver.events AS t(sequence, b, c, d, e, f) WHERE sequence = 'e1'"],
    ['the clause is about a subquery', 'FROM (SELECT sequence + 1 AS sequence FROM silver.events) WHERE sequence = 1'],
    ['rows are matched by position', 'FROM silver.events e POSITIONAL JOIN range(3) r(i) WHERE e.sequence = 1'],
    [
      'a row may be made of nulls',
      'FROM range(3) r(i) LEFT JOIN silver.events e ON e.sequence = r.i WHERE e.sequence IS NULL',
    ],
    ['it may be another table’s column', "FROM silver.events e, range(3) r(sequence_2) WHERE user_id = 'u1'"],
  ])('are not made when %s', async (_why, sql) => expect(await predicatesOf(sql)).toEqual([]))

  it.each([
    'FROM silver.events e JOIN range(3) r(i) ON e.sequence = r.i WHERE e.sequence = 1',
    'FROM range(3) r(i) LEFT JOIN silver.events e ON e.sequence = r.i WHERE e.sequence = 1 AND r.i > 0',
    'WITH one AS (FROM silver.events WHERE sequence = 1) FROM one a JOIN one b USING (event_id)',
    'SELECT * FROM range(3) r(i) WHERE i IN (SELECT sequence FROM silver.events WHERE sequence = 1)',
  ])('reach through %s', async (sql) =>
    expect(await predicatesOf(sql)).toEqual([{ field: 'sequence', op: '=', values: [1n] }]),
  )
})

describe('errors', () => {
  it.each([
    ['DELETE FROM silver.events', /only one SELECT can be run; this is no SELECT/],
    ['CREATE TABLE x (a INT)', /this is no SELECT/],
    ["COPY (SELECT 1) TO '/dev/null'", /this is no SELECT/],
    ['PRAGMA database_list', /this is no SELECT/],
    ['SET threads = 1', /this is no SELECT/],
    ['SELECT 1; SELECT 2', /there are 2 statements/],
    ["SELECT * FROM read_csv('/etc/passwd')", /the table function read_csv is not allowed/],
    ["SELECT * FROM read_parquet('/x')", /read_parquet/],
    ["SELECT (SELECT count(*) FROM glob('/*'))", /glob/],
    ["SELECT * FROM enable_logging(storage = 'file')", /enable_logging/],
    ["SELECT * FROM query('SELECT 1')", /query/],
    ['SELECT * FROM silver.events AT (VERSION => 1)', /AT .* is not supported/],
    ['SHOW TABLES', /SHOW is not supported/],
  ])('refuses %s', async (sql, message) => {
    await expect(engine.query(sql)).rejects.toMatchObject({
      code: 'SQL_REFUSED',
      message: expect.stringMatching(message),
      fix: expect.any(String),
    })
  })

  it.each([
    ['SELECT * FROM silver.event', 'there is no table silver.event; did you mean silver.events?'],
    ['SELECT * FROM events', 'there is no table events; did you mean silver.events?'],
    ["SELECT * FROM '/etc/passwd'", 'there is no table /etc/passwd'],
    ['SELECT * FROM information_schema.tables', 'there is no table information_schema.tables'],
    ['SELECT * FROM memory.silver.events', 'there is no table memory.silver.events'],
  ])('names the nearest table: %s', async (sql, message) => {
    await expect(engine.query(sql)).rejects.toMatchObject({ code: 'TABLE_NOT_FOUND', message })
  })

  it.each([
    'SELECT usr_id FROM silver.events',
    'SELECT e.usr_id FROM silver.events e',
    'SELECT count(*) FROM silver.events WHERE usr_id > 1',
    'SELECT * EXCLUDE (usr_id) FROM silver.events',
  ])('names the nearest column and all of them: %s', async (sql) => {
    await expect(engine.query(sql)).rejects.toMatchObject({
      code: 'COLUMN_NOT_FOUND',
      message: 'there is no column usr_id; did you mean user_id?',
      fix: 'Columns of silver.events: event_id, event_timestamp, user_id, amount, sequence, added_later.',
    })
  })

  it.each([
    ['SELECT FROM WHERE', /line 1, column 13: syntax error/],
    ['SELECT 1\nFROM FROM', /line 2, column 6: syntax error/],
    ['', /the query is empty/],
    ["SELECT '\0'", /NUL/],
    ['SELECT nosuch(1)', /nosuch/],
  ])('says where %j is wrong', async (sql, message) => {
    await expect(engine.query(sql)).rejects.toMatchObject({
      code: 'SQL_INVALID',
      message: expect.stringMatching(message),
    })
  })

  it('refuses a table with delete files', async () => {
    const withDeletes = new FileCatalog()
    withDeletes.add('a.b', EVENT_FIELDS, ['/x.parquet'])
    const plan = withDeletes.planScan.bind(withDeletes)
    withDeletes.planScan = async (name, options) => {
      const scan = await plan(name, options)
      return { ...scan, files: scan.files.map((file) => ({ ...file, deleteFiles: ['file:///d.parquet'] })) }
    }
    await expect(openDuckDb({ tables: withDeletes.asCatalog() }).query('FROM a.b')).rejects.toMatchObject({
      code: 'TABLE_UNSUPPORTED',
    })
  })
})

describe('cancelling', () => {
  it('interrupts a running query with the reason of the signal', async () => {
    const signal = AbortSignal.timeout(50)
    const sql = 'SELECT count(*) FROM range(200000) a, range(200000) b WHERE (a.range * b.range) % 7 = 1'
    await expect(engine.query(sql, { signal })).rejects.toThrow('timeout')
  })

  it('does not begin when it is aborted already', async () => {
    await expect(engine.query('SELECT 1', { signal: AbortSignal.abort(new Error('enough')) })).rejects.toThrow('enough')
  })
})
