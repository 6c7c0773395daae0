/** A table or a query as a source: order, positions, bounds, polls, the lag, and what is wrong with a connection. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import type { SplitState } from '../../../topology/contract/source.ts'
import { seconds } from '../../../topology/duration.ts'
import { postgres } from '../../../topology/postgres.ts'
import { int, long, timestamptz } from '../../../topology/schema/index.ts'
import { ManualClock } from '../../support/manual-clock.ts'
import { decoded, drain, openReader, readAll, readerContext } from './read.ts'
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
const Order = z.object({ id: long(), region: z.string(), updated_at: timestamptz() })

/** Orders of two regions, three of them with each time: what orders them is the key. */
async function newOrders(count: number) {
  const table = `orders_${names++}`
  await server.sql(`CREATE TABLE ${table} (id bigint, region text, updated_at timestamptz, PRIMARY KEY (region, id))`)
  await server.sql(
    `INSERT INTO ${table} SELECT n, CASE n % 2 WHEN 0 THEN 'EU' ELSE 'US' END,
     timestamptz '2026-01-01Z' + (n / 3) * interval '1 microsecond' FROM generate_series(1, ${count}) AS n ORDER BY random()`,
  )
  const endpoint = postgres('orders', Order, {
    connection,
    table,
    incrementBy: 'updated_at',
    key: ['region', 'id'],
    pageRows: 7,
  })
  return { table, endpoint }
}

describe('rows', () => {
  test('come once, in the order of the column and the key, with their coordinates', async () => {
    const { table, endpoint } = await newOrders(100)
    const reader = await openReader(server, endpoint)
    const batches = await drain(reader, 5)
    const ordered = await server.sql(`SELECT id::text AS text FROM ${table} ORDER BY updated_at, region, id`)
    const rows = decoded(endpoint, batches) as { id: bigint }[]
    expect(rows.map(({ id }) => String(id))).toEqual(ordered.map(({ text }) => text))
    const records = batches.flatMap(({ values }) => values)
    expect(records.map(({ offset }) => offset)).toEqual(records.map((_, i) => BigInt(i)))
    expect(records[0]).toMatchObject({ topic: 'orders', partition: 0, timestampMs: Date.UTC(2026, 0, 1) })
    expect(Buffer.from(records[0]!.key!).toString()).toBe('["EU","2"]')
    expect(batches[0]!.timestampsMs![0]).toBe(Date.UTC(2026, 0, 1))
    expect(batches.every(({ length, split }) => length <= 5 && split === 0)).toBe(true)
    await reader.close()
  })

  test('go on from any snapshot with the first one not emitted, also after positions were JSON', async () => {
    const { endpoint } = await newOrders(40)
    const all = await readAll(server, endpoint)
    const reader = await openReader(server, endpoint)
    const before: unknown[] = []
    for (;;) {
      const splits: SplitState[] = JSON.parse(JSON.stringify(reader.snapshot()))
      const restored = server.endpoints().source(endpoint).createReader(readerContext())
      await restored.assign(splits)
      expect(before.concat(decoded(endpoint, await drain(restored)))).toEqual(all)
      await restored.close()
      const batch = await reader.poll(3)
      if (batch === undefined) break
      before.push(...decoded(endpoint, [batch]))
    }
    expect(before).toHaveLength(40)
    await reader.close()
  })

  test('may have columns that are named as what is beside them', async () => {
    const table = `names_${names++}`
    await server.sql(`CREATE TABLE ${table} (ms int, "0" int, value int, rows int, "sluice row" int)`)
    await server.sql(`INSERT INTO ${table} SELECT n, -n, n, n, n FROM generate_series(8, 12) AS n`)
    const Names = z.object({ ms: int(), '0': int(), value: int(), rows: int(), 'sluice row': int() })
    const endpoint = postgres('names', Names, {
      connection,
      table,
      incrementBy: 'ms',
      key: ['0', 'value'],
      pageRows: 2,
    })
    const rows = (await readAll(server, endpoint)) as { ms: number }[]
    expect(rows.map(({ ms }) => ms)).toEqual([8, 9, 10, 11, 12])
    expect(rows[0]).toEqual({ ms: 8, '0': -8, value: 8, rows: 8, 'sluice row': 8 })
  })

  test('of a query, along its key alone', async () => {
    const { table } = await newOrders(20)
    const Summary = z.object({ id: long(), shout: z.string() })
    const query = `SELECT id, lower(region) AS shout FROM ${table} -- all of them`
    const endpoint = postgres('summary', Summary, { connection, query, incrementBy: 'id', key: ['id'], pageRows: 3 })
    const rows = (await readAll(server, endpoint)) as { id: bigint; shout: string }[]
    expect(rows.map(({ id }) => id)).toEqual(Array.from({ length: 20 }, (_, i) => BigInt(i + 1)))
    expect(rows[0]).toEqual({ id: 1n, shout: 'us' })
  })

  test('that are none of the schema are told by the reason', async () => {
    const { table } = await newOrders(3)
    const Wrong = z.object({ id: long(), region: int() })
    const rows = await readAll(server, postgres('x', Wrong, { connection, table, incrementBy: 'id', key: ['id'] }))
    expect(rows[0]).toMatch(/region: expected an integer, got string "US"/)
  })
})

describe('bounds', () => {
  test('latest is the last row there was, whatever comes later', async () => {
    const { table, endpoint } = await newOrders(10)
    const reader = await openReader(server, endpoint, { until: 'latest' })
    await server.sql(`INSERT INTO ${table} VALUES (99, 'US', '2026-02-01Z')`)
    // The last row moves on: the end is a place, no row.
    await server.sql(`UPDATE ${table} SET updated_at = '2026-03-01Z' WHERE id = 10`)
    expect(reader.atEnd('0')).toBe(false)
    expect(decoded(endpoint, await drain(reader))).toHaveLength(9)
    expect(reader.atEnd('0')).toBe(true)
    const [state] = reader.snapshot()
    await reader.close()
    const source = server.endpoints().source(endpoint)
    const [split] = await source.discoverSplits({ until: 'latest' })
    const rest = source.createReader(readerContext())
    await rest.assign([{ ...split!, position: state!.position }])
    expect((decoded(endpoint, await drain(rest)) as { id: bigint }[]).map(({ id }) => id)).toEqual([99n, 10n])
    await rest.close()
  })

  test('of an empty table: it is at its end at once', async () => {
    const { endpoint } = await newOrders(0)
    const reader = await openReader(server, endpoint, { until: 'latest' })
    expect(reader.atEnd('0')).toBe(true)
    await reader.close()
  })

  test('are times of the column', async () => {
    const { table, endpoint } = await newOrders(0)
    const days = [1, 2, 3, 4].map((n) => `(${n}, 'EU', '2026-01-0${n}Z')`)
    await server.sql(`INSERT INTO ${table} VALUES ${days}`)
    const at = (day: number) => ({ timestampMs: Date.UTC(2026, 0, day) })
    const ids = async (bounds: Parameters<typeof readAll>[2]) =>
      ((await readAll(server, endpoint, bounds)) as { id: bigint }[]).map(({ id }) => Number(id))
    expect(await ids({ from: at(2) })).toEqual([2, 3, 4])
    expect(await ids({ from: at(2), until: at(4) })).toEqual([2, 3])
    expect(await ids({ until: at(1) })).toEqual([])
    expect(await ids({ from: 'latest' })).toEqual([])
    await expect(ids({ from: { offset: 3n } })).rejects.toMatchObject({ code: 'BOUNDS_UNSUPPORTED' })
  })
})

describe('while it runs', () => {
  test('it looks again after pollEvery: for new rows and for changed ones', async () => {
    const { table, endpoint } = await newOrders(3)
    const clock = new ManualClock()
    const reader = await openReader(server, endpoint, {}, clock)
    expect(decoded(endpoint, await drain(reader))).toHaveLength(3)
    await server.sql(`UPDATE ${table} SET updated_at = '2026-01-02Z' WHERE id = 1`)
    expect(await reader.poll(10)).toBeUndefined()
    let hasWoken = false
    const waiting = reader.wait(60_000, new AbortController().signal).then(() => {
      hasWoken = true
    })
    clock.advance(9_999)
    await Promise.resolve()
    expect(hasWoken).toBe(false)
    clock.advance(1)
    await waiting
    expect(decoded(endpoint, await drain(reader))).toMatchObject([{ id: 1n }])
    await reader.close()
  })

  test('rows younger than the lag are left for later, so that one which commits late is not missed', async () => {
    const table = `late_${names++}`
    await server.sql(`CREATE TABLE ${table} (id bigint PRIMARY KEY, region text, updated_at timestamptz)`)
    await server.sql(`INSERT INTO ${table} VALUES (1, '', now() - interval '1 hour'), (2, '', now())`)
    const options = { connection, table, incrementBy: 'updated_at', key: ['id'] } as const
    const rows = (lag: number) =>
      readAll(server, postgres('late', Order, { ...options, lag: seconds(lag) }), { until: 'latest' })
    expect(await rows(600)).toMatchObject([{ id: 1n }])
    expect(await rows(0)).toHaveLength(2)
  })

  test('a connection that the server ends is made again, and nothing is lost or doubled', async () => {
    const { endpoint } = await newOrders(30)
    const source = server.endpoints().source(endpoint)
    const reader = source.createReader(readerContext())
    const [split] = await source.discoverSplits({ until: 'latest' })
    await reader.assign([{ ...split!, position: split!.start }])
    const rows: unknown[] = []
    for (let batch = await reader.poll(7); batch !== undefined; batch = await reader.poll(7)) {
      rows.push(...decoded(endpoint, [batch]))
      await server.sql(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'sluice' AND pid <> pg_backend_pid()`,
      )
    }
    expect(rows).toEqual(await readAll(server, endpoint))
    await reader.close()
  })
})

describe('what is wrong is told within seconds', () => {
  const wrong = (change: (url: URL) => void, options: object = {}) => {
    const url = new URL(server.url)
    change(url)
    const endpoint = postgres('orders', Order, {
      connection,
      table: 'orders_0',
      incrementBy: 'updated_at',
      key: ['id'],
      ...options,
    })
    return server
      .endpoints({ url: String(url) })
      .source(endpoint)
      .discoverSplits({})
  }

  test.each([
    [
      'a host that has no address',
      (url: URL) => (url.hostname = 'nowhere.invalid'),
      'POSTGRES_UNREACHABLE',
      /nowhere\.invalid:\d+\/test/,
    ],
    ['a port where nobody listens', (url: URL) => (url.port = '1'), 'POSTGRES_UNREACHABLE', /:1\/test/],
    [
      'a password',
      (url: URL) => (url.password = 'hunter2'),
      'POSTGRES_UNAUTHENTICATED',
      /password authentication failed/,
    ],
    ['a database', (url: URL) => (url.pathname = '/elsewhere'), 'POSTGRES_DATABASE_NOT_FOUND', /elsewhere/],
  ])('%s', { timeout: 15_000 }, async (_, change, code, message) => {
    const error: any = await wrong(change).then(
      () => undefined,
      (reason) => reason,
    )
    expect(error).toMatchObject({ code, message: expect.stringMatching(message) })
    expect(JSON.stringify({ ...error, message: error.message, fix: error.fix })).not.toMatch(/hunter2|test:test/)
  })

  test('a table, a column, a query', async () => {
    const same = () => {}
    await expect(wrong(same, { table: 'sales.orders' })).rejects.toMatchObject({ code: 'POSTGRES_TABLE_NOT_FOUND' })
    const query = 'SELECT id, region FROM orders_0'
    await expect(wrong(same, { table: undefined, query })).rejects.toMatchObject({
      code: 'POSTGRES_COLUMN_NOT_FOUND',
      message: expect.stringMatching(/updated_at/),
    })
    await expect(wrong(same, { table: undefined, query: 'SELECT id,' })).rejects.toMatchObject({
      code: 'POSTGRES_REFUSED',
      message: expect.stringMatching(/reading the query of "orders": syntax error/),
    })
  })
})
