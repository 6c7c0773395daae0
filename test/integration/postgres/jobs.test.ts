/** Jobs from and to a database, killed at the steps of their commits: each row is there once. */
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { openQuery, openTables, openTopics } from '../../../runtime/compose/index.ts'
import { claimedFaultFile } from '../../../runtime/fault-point.ts'
import { systemClock } from '../../../runtime/time/system-clock.ts'
import { configOf, startJob } from '../../support/medallion.ts'
import { recordingLogger } from '../../support/silent.ts'
import { type Server, startServer } from './server.ts'

const ROWS = 400
const context = { clock: systemClock, logger: recordingLogger() }

let server: Server
let dataDir: string

beforeAll(async () => {
  server = await startServer()
})
afterAll(async () => {
  await server?.[Symbol.asyncDispose]()
})
beforeEach(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'sluice-postgres-'))
  await server.sql(`
    DROP TABLE IF EXISTS orders, copied, newest, counts, sluice_sink_epoch, sluice_staged;
    CREATE TABLE orders (id bigint PRIMARY KEY, amount numeric(18,2), updated_at timestamptz);
    INSERT INTO orders SELECT n, n / 4.0, timestamptz '2026-01-01Z' + (n / 5) * interval '1 microsecond'
    FROM generate_series(1, ${ROWS}) AS n;
    CREATE TABLE copied (id bigint PRIMARY KEY, amount numeric(18,2), updated_at timestamptz, times integer);
    CREATE TABLE newest (LIKE copied INCLUDING ALL);
    CREATE TABLE counts (id bigint PRIMARY KEY, orders bigint);
    CREATE OR REPLACE FUNCTION count_times() RETURNS trigger LANGUAGE plpgsql AS
      'BEGIN NEW.times = coalesce(OLD.times, 0) + 1; RETURN NEW; END';
    CREATE TRIGGER times BEFORE INSERT OR UPDATE ON copied FOR EACH ROW EXECUTE FUNCTION count_times()`)
})
afterEach(() => rmSync(dataDir, { recursive: true }))

const run = (job: string, options: readonly string[], env: Record<string, string> = {}) =>
  startJob(`test/integration/postgres/${job}.ts`, dataDir, ['--until', 'latest', ...options], {
    env: { POSTGRES_URL: server.url, ...env },
  }).ended

/** Rows of `copied` that `orders` has not or are other there, and how often each was written. */
async function differences() {
  const [found] = await server.sql(`
    SELECT (SELECT count(*)::int FROM orders AS o FULL JOIN copied AS c USING (id)
            WHERE (o.amount, o.updated_at) IS DISTINCT FROM (c.amount, c.updated_at)) AS wrong,
      (SELECT max(times) FROM copied) AS times, (SELECT count(*)::int FROM sluice_staged) AS staged`)
  return found
}

test.each([
  'postgres.after-staged:2',
  'postgres.before-commit',
  'postgres.after-commit',
  'checkpoint.after-manifest',
  'checkpoint.before-manifest:2',
  'source.after-poll:3, restore.after-fence',
])('killed at %s, a copy has each row once, in the table and in Iceberg', { timeout: 120_000 }, async (faults) => {
  for (const fault of faults.split(', ')) {
    const { signal, stderr } = await run('copy-job', ['--workers', '0'], { SLUICE_FAULT: fault })
    expect({ signal, stderr }, `${fault} was not reached`).toMatchObject({ signal: 'SIGKILL' })
  }
  const { code, stdout, stderr } = await run('copy-job', ['--workers', '0'])
  expect(code, stderr).toBe(0)
  expect(stdout + stderr).not.toContain(server.url)
  expect(await differences()).toEqual({ wrong: 0, times: 1, staged: 0 })
  const config = configOf(dataDir)
  const tables = await openTables(config, context)
  const query = await openQuery(config, tables)
  const { rows } = await query.query('SELECT count(*), count(DISTINCT id), sum(amount) FROM lake.orders')
  expect(rows.map((row) => Object.values(row).map(String))).toEqual([[`${ROWS}`, `${ROWS}`, '20050.00']])
  await query.close()
  await tables.close()
})

test('a topic goes into a table by two workers, one of which is killed: the newest of each key is there', {
  timeout: 180_000,
}, async () => {
  const topics = await openTopics(configOf(dataDir), context)
  await topics.ensureTopic('orders', { partitions: 3 })
  const records = Array.from({ length: 6_000 }, (_, n) => {
    const id = n % 250
    const value = { id, amount: n, updated_at: new Date(n * 1_000).toISOString() }
    return { key: Buffer.from(String(id)), value: Buffer.from(JSON.stringify(value)) }
  })
  await topics.append('orders', records, 'all')
  await topics.close()
  const fault = join(dataDir, 'fault')
  writeFileSync(fault, 'postgres.after-staged')
  const options = ['--workers', '2', '--parallelism', '2']
  const { code, stderr } = await run('topic-job', options, {
    SLUICE_FAULT_FILE: fault,
    RESTART_STRATEGY: 'fixed-delay',
    RESTART_DELAY: '10ms',
  })
  expect(code, stderr).toBe(0)
  expect(existsSync(claimedFaultFile(fault))).toBe(true)
  const [found] = await server.sql(
    'SELECT count(*)::int AS rows, min(amount)::int AS oldest, max(amount)::int AS newest FROM newest',
  )
  expect(found).toEqual({ rows: 250, oldest: 5_750, newest: 5_999 })
  const counts = await server.sql('SELECT count(*)::int AS rows, orders::int FROM counts GROUP BY orders')
  expect(counts).toEqual([{ rows: 250, orders: 24 }])
})
