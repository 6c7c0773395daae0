/** A table as a sink: its conformance list, every type, changes, replies that are lost, and what the table refuses. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import type { CommitRequest, Sink } from '../../../topology/contract/sink.ts'
import { Batch, RowKind } from '../../../topology/element.ts'
import { postgres } from '../../../topology/postgres.ts'
import {
  binary,
  date,
  decimal,
  double,
  fixed,
  float,
  int,
  int53,
  long,
  time,
  timestamp,
  timestamptz,
  uuid,
} from '../../../topology/schema/index.ts'
import { sinkConformance } from '../../conformance/sink.ts'
import { ManualClock } from '../../support/manual-clock.ts'
import { recordingLogger, silentMetrics } from '../../support/silent.ts'
import { CuttingProxy } from './cutting-proxy.ts'
import { readAll } from './read.ts'
import { type Server, startServer } from './server.ts'

let server: Server
let names = 0

beforeAll(async () => {
  server = await startServer()
})
afterAll(async () => {
  await server?.[Symbol.asyncDispose]()
})

const connection = 'POSTGRES_URL'
const Numbered = z.object({ n: int() })

/** A table of its own, and the rest as it is at a first start. */
async function newTable(columns: string): Promise<string> {
  const table = `out_${names++}`
  await server.sql(`CREATE TABLE ${table} (${columns}); DROP TABLE IF EXISTS sluice_sink_epoch, sluice_staged`)
  return table
}

function contextOf(epoch = 1n) {
  const logger = recordingLogger()
  return { job: 'job', uid: 'sink(out)', subtask: 0, epoch, clock: new ManualClock(), logger, metrics: silentMetrics }
}

/** A sink of one writer, fenced. */
async function begin(sink: Sink, epoch = 1n, restored?: CommitRequest) {
  const committer = await sink.createCommitter(contextOf(epoch))
  await committer.fence({ epoch, restored: restored && { ...restored, epoch }, allowRewind: false })
  const writer = await sink.createWriter(contextOf(epoch))
  const prepare = async (checkpointId: bigint): Promise<CommitRequest> => {
    const committables = JSON.parse(JSON.stringify(await writer.prepareCommit(checkpointId)))
    return { epoch, checkpointEpoch: epoch, checkpointId, watermarkMs: undefined, committables }
  }
  const commit = async (checkpointId: bigint) => committer.commit(await prepare(checkpointId))
  const end = async () => {
    await writer.close()
    await committer.close()
  }
  return { committer, writer, prepare, commit, end }
}

describe('what every sink must do', () => {
  test.each(sinkConformance)('$name', async ({ run }) => {
    const table = await newTable('n integer PRIMARY KEY')
    const endpoint = postgres('out', Numbered, { connection, table, key: ['n'] })
    await run({
      open: () => server.endpoints().sink(endpoint),
      row: (n) => ({ n }),
      visible: async () => (await server.sql(`SELECT n FROM ${table}`)).map(({ n }) => n),
      canRewind: false,
    })
  })
})

describe('rows', () => {
  test('have every type in full', async () => {
    const Everything = z.object({
      id: long(),
      flag: z.boolean().nullable(),
      int: int(),
      small: int53(),
      float: float(),
      double: double(),
      price: decimal(18, 2),
      wide: decimal(38, 10),
      day: date(),
      at: time(),
      local: timestamp(),
      instant: timestamptz(),
      text: z.string(),
      uuid: uuid(),
      bytes: binary(),
      hash: fixed(2),
      tags: z.array(z.string()),
      numbers: z.array(long()),
      address: z.object({ city: z.string(), zip: int() }).nullable(),
      counts: z.record(z.string(), long()),
    })
    const table = await newTable(`
      id bigint PRIMARY KEY, flag boolean, int integer, small bigint, float real, double double precision,
      price numeric(18,2), wide numeric, day date, at time(6), local timestamp(6), instant timestamptz(6), text text, uuid uuid,
      bytes bytea, hash bytea, tags text[], numbers jsonb, address jsonb, counts json, other text DEFAULT 'kept'`)
    const endpoint = postgres('all', Everything, { connection, table, key: ['id'], incrementBy: 'id' })
    const row = {
      id: 9007199254740993n,
      flag: null,
      int: -5,
      small: 9007199254740991,
      float: 0.5,
      double: 0.1,
      price: -1999n,
      wide: 12345678901234567890123456780000000001n,
      day: 20_000,
      at: 30_600_000_001n,
      local: 1_700_000_000_123_456n,
      instant: 1_700_000_000_123_456n,
      text: 'ü "quoted" \\u0000 😀 {a,b}',
      uuid: '00112233-4455-6677-8899-aabbccddeeff',
      bytes: Uint8Array.from({ length: 200 }, (_, i) => i),
      hash: new Uint8Array([0, 255]),
      tags: ['a', 'b,"c"', ''],
      numbers: [1n, 9007199254740993n],
      address: { city: 'Köln', zip: 50667 },
      counts: new Map([['x', 9007199254740993n]]),
    }
    const { writer, commit, end } = await begin(server.endpoints().sink(endpoint))
    await writer.write(new Batch([row]))
    await commit(1n)
    await end()
    const [written] = await server.sql(
      `SELECT id::text, wide::text, instant::text, encode(hash, 'hex') AS hash, other FROM ${table}`,
    )
    expect(written).toEqual({
      id: '9007199254740993',
      wide: '1234567890123456789012345678.0000000001',
      instant: '2023-11-14 22:13:20.123456+00',
      hash: '00ff',
      other: 'kept',
    })
    expect(await readAll(server, endpoint)).toEqual([row])
  })

  test('of one key: the last counts, within a chunk, over chunks and over checkpoints', async () => {
    const Row = z.object({ a: z.string(), b: int(), value: z.string().nullable() })
    const table = await newTable('b integer, a text, value text, PRIMARY KEY (a, b)')
    const endpoint = postgres('out', Row, { connection, table, key: ['a', 'b'] })
    const { writer, commit, end } = await begin(server.endpoints().sink(endpoint))
    const rows = Array.from({ length: 3_000 }, (_, i) => ({ a: 'x', b: i % 700, value: String(i) }))
    for (let i = 0; i < rows.length; i += 1_000) await writer.write(new Batch(rows.slice(i, i + 1_000)))
    await commit(1n)
    const values = async () => (await server.sql(`SELECT value FROM ${table} ORDER BY b`)).map(({ value }) => value)
    expect(await values()).toEqual(
      rows
        .slice(2_800)
        .concat(rows.slice(2_300, 2_800))
        .map(({ value }) => value),
    )
    await writer.write(new Batch([{ a: 'x', b: 0, value: null }]))
    await commit(2n)
    expect((await values())[0]).toBeNull()
    expect(await server.sql('SELECT * FROM sluice_staged')).toEqual([])
    await end()
  })

  test('may have columns that are named as those of sluice_staged', async () => {
    const Row = z.object({ job: int(), seq: int(), rows: z.string(), staged: int(), given: int() })
    const table = await newTable('job int, seq int, rows text, staged int, given int, PRIMARY KEY (job, seq)')
    const endpoint = postgres('out', Row, { connection, table, key: ['seq', 'job'] })
    const { writer, commit, end } = await begin(server.endpoints().sink(endpoint))
    const row = { job: 1, seq: 2, rows: 'x', staged: 3, given: 4 }
    await writer.write(new Batch([row, row]))
    await commit(1n)
    expect(await server.sql(`SELECT * FROM ${table}`)).toEqual([row])
    await end()
  })

  test('of an updating stream are updated and deleted by their key', async () => {
    const Row = z.object({ id: int(), total: int() })
    const table = await newTable('id integer PRIMARY KEY, total integer')
    const endpoint = postgres('out', Row, { connection, table, key: ['id'] })
    const { writer, commit, end } = await begin(server.endpoints().sink(endpoint))
    const { insert, updateBefore, updateAfter, delete: removed } = RowKind
    const change = (...changes: [kind: RowKind, id: number, total: number][]) =>
      writer.write(
        new Batch(
          changes.map(([, id, total]) => ({ id, total })),
          { kinds: Uint8Array.from(changes, ([kind]) => kind) },
        ),
      )
    await change([insert, 1, 10], [insert, 2, 20], [insert, 3, 30], [updateBefore, 1, 10], [updateAfter, 1, 11])
    await change([removed, 3, 30])
    await commit(1n)
    const rows = () => server.sql(`SELECT * FROM ${table} ORDER BY id`)
    expect(await rows()).toEqual([
      { id: 1, total: 11 },
      { id: 2, total: 20 },
    ])
    await change([removed, 2, 20], [insert, 2, 21], [removed, 1, 11], [updateBefore, 2, 21], [updateAfter, 4, 21])
    await commit(2n)
    expect(await rows()).toEqual([{ id: 4, total: 21 }])
    await end()
  })
})

describe('a connection that is cut at COMMIT', () => {
  test.each(['before', 'after'] as const)('%s the server has heard it: rows are there once', async (cut) => {
    const table = await newTable('n integer PRIMARY KEY, times integer NOT NULL DEFAULT 0')
    // An upsert done twice would not show in its rows: this counts.
    await server.sql(`
      CREATE FUNCTION count_${table}() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.times = coalesce(OLD.times, 0) + 1; RETURN NEW; END';
      CREATE TRIGGER times BEFORE INSERT OR UPDATE ON ${table} FOR EACH ROW EXECUTE FUNCTION count_${table}()`)
    await using proxy = await CuttingProxy.before(server.url)
    const endpoint = postgres('out', Numbered, { connection, table, key: ['n'] })
    const { writer, prepare, committer, end } = await begin(
      server.endpoints({ url: proxy.through(server.url) }).sink(endpoint),
    )
    for (let checkpoint = 1; checkpoint <= 20; checkpoint++) {
      await writer.write(new Batch([{ n: checkpoint }]))
      const request = await prepare(BigInt(checkpoint))
      proxy.cut = cut
      await committer.commit(request)
    }
    expect(proxy.cuts).toBe(20)
    expect(await server.sql(`SELECT count(*)::int AS rows, max(times) AS times FROM ${table}`)).toEqual([
      { rows: 20, times: 1 },
    ])
    await end()
  })

  test('when the attempt dies with it, the next one looks at the epoch row', async () => {
    const table = await newTable('n integer PRIMARY KEY')
    const endpoint = postgres('out', Numbered, { connection, table, key: ['n'] })
    const die = (name: string) => {
      if (name === 'postgres.after-commit') throw new Error('died')
    }
    const first = await begin(server.endpoints({ faultPoint: die }).sink(endpoint))
    await first.writer.write(new Batch([{ n: 1 }]))
    const request = await first.prepare(1n)
    await expect(first.committer.commit(request)).rejects.toThrow('died')
    await first.end()
    const next = await begin(server.endpoints().sink(endpoint), 2n, request)
    expect(await server.sql(`SELECT * FROM ${table}`)).toEqual([{ n: 1 }])
    await next.end()
  })
})

describe('what can not be written', () => {
  const Row = z.object({ id: int(), customer: z.string().nullable(), price: decimal(9, 2) })

  test('by the database: an error names table, constraint and key, and the job goes on once it is mended', async () => {
    const customers = await newTable('name text PRIMARY KEY')
    const table = await newTable(
      `id integer PRIMARY KEY, customer text REFERENCES ${customers}, price numeric(9,2) CONSTRAINT positive CHECK (price > 0)`,
    )
    const endpoint = postgres('out', Row, { connection, table, key: ['id'] })
    const { writer, prepare, committer, end } = await begin(server.endpoints().sink(endpoint))
    await writer.write(new Batch([{ id: 1, customer: 'nobody', price: 100 }]))
    const request = await prepare(1n)
    await expect(committer.commit(request)).rejects.toMatchObject({
      code: 'POSTGRES_CONSTRAINT',
      message: expect.stringMatching(
        new RegExp(`"${table}".*"${table}_customer_fkey" \\(Key \\(customer\\)=\\(nobody\\)`),
      ),
      details: { table, constraint: `${table}_customer_fkey`, sqlState: '23503' },
    })
    await server.sql(`INSERT INTO ${customers} VALUES ('nobody')`)
    await committer.commit(request)
    await writer.write(new Batch([{ id: 2, customer: null, price: -1 }]))
    await expect(committer.commit(await prepare(2n))).rejects.toMatchObject({ details: { constraint: 'positive' } })
    await end()
  })

  test('because it is longer than its column: nothing is cut', async () => {
    const table = await newTable('id integer PRIMARY KEY, customer varchar(3), price numeric(9,2)')
    const endpoint = postgres('out', Row, { connection, table, key: ['id'] })
    const { writer, commit, end } = await begin(server.endpoints().sink(endpoint))
    await writer.write(new Batch([{ id: 1, customer: 'long', price: 1 }]))
    await expect(commit(1n)).rejects.toMatchObject({ code: 'POSTGRES_VALUE', details: { sqlState: '22001' } })
    await end()
  })

  test('by its nature: text with U+0000', async () => {
    const table = await newTable('id integer PRIMARY KEY, customer text, price numeric(9,2)')
    const { writer, end } = await begin(
      server.endpoints().sink(postgres('out', Row, { connection, table, key: ['id'] })),
    )
    expect(() => writer.write(new Batch([{ id: 1, customer: 'a\u0000', price: 1 }]))).toThrow(/U\+0000/)
    await writer.write(new Batch([{ id: 1, customer: 'a\\u0000', price: 1 }]))
    await end()
  })

  test.each([
    ['id integer PRIMARY KEY, custmer text, price numeric(9,2)', 'POSTGRES_COLUMN_NOT_FOUND', /"customer".*/],
    [
      'id integer PRIMARY KEY, customer text, price numeric(9,1)',
      'POSTGRES_COLUMN_TYPE',
      /numeric\(9,1\).*decimal\(9, 2\)/,
    ],
    ['id integer PRIMARY KEY, customer jsonb, price numeric', 'POSTGRES_COLUMN_TYPE', /jsonb/],
    ['id smallint PRIMARY KEY, customer text, price numeric', 'POSTGRES_COLUMN_TYPE', /smallint/],
    ['id integer, customer text, price numeric', 'POSTGRES_KEY_NOT_UNIQUE', /ON CONFLICT/],
  ])('by a table (%s): the job does not start', async (columns, code, message) => {
    const table = await newTable(columns)
    const sink = server.endpoints().sink(postgres('out', Row, { connection, table, key: ['id'] }))
    await expect(sink.createCommitter(contextOf())).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message),
    })
  })

  test('because the table is not there, or may not be written', async () => {
    const at = (table: string, url = server.url) =>
      server
        .endpoints({ url })
        .sink(postgres('out', Row, { connection, table, key: ['id'] }))
        .createCommitter(contextOf())
    await expect(at('nowhere')).rejects.toMatchObject({ code: 'POSTGRES_TABLE_NOT_FOUND' })
    const table = await newTable('id integer PRIMARY KEY, customer text, price numeric')
    await server.sql(`CREATE ROLE reader_${table} LOGIN PASSWORD 'secret'; GRANT SELECT ON ${table} TO reader_${table}`)
    const url = new URL(server.url)
    url.username = `reader_${table}`
    url.password = 'secret'
    await expect(at(table, String(url))).rejects.toMatchObject({ code: 'POSTGRES_DENIED' })
  })
})
