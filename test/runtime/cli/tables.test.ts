import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openTables } from '../../../runtime/compose/index.ts'
import { loadConfig } from '../../../runtime/config/index.ts'
import { systemClock as clock } from '../../../runtime/time/system-clock.ts'
import type { Logger } from '../../../topology/contract/observability.ts'
import { cli } from './cli-harness.ts'

const logger: Logger = { debug() {}, info() {}, warn() {}, error() {}, child: () => logger }

let cwd: string

beforeAll(async () => {
  cwd = mkdtempSync(join(tmpdir(), 'sluice-tables-'))
  const tables = await openTables(loadConfig({ env: {}, cwd }).config, { clock, logger })
  await tables.ensureTable({
    name: 'silver.events',
    fields: [
      { id: -1, name: 'event_id', required: true, type: { kind: 'string' } },
      { id: -1, name: 'event_timestamp', required: true, type: { kind: 'timestamptz' } },
      { id: -1, name: 'amount', required: false, type: { kind: 'decimal', precision: 18, scale: 2 } },
    ],
    partitionBy: [{ field: 'event_timestamp', transform: 'day' }],
    properties: {},
  })
  await tables.close()
})

afterAll(() => rmSync(cwd, { recursive: true }))

describe('runtime tables', () => {
  it('lists names, rows and files', async () => {
    const { code, stdout } = await cli(['tables'], { cwd })
    expect(code).toBe(0)
    expect(stdout).toMatch(/^silver\.events +0 +0 +0 B /m)
    expect(JSON.parse((await cli(['tables', '--format', 'json'], { cwd })).stdout)).toMatchObject([
      { name: 'silver.events', rowCount: '0', fileCount: 0 },
    ])
  })
})

describe('runtime table', () => {
  it('shows schema and partitions', async () => {
    const { code, stdout } = await cli(['table', 'silver.events'], { cwd })
    expect(code).toBe(0)
    expect(stdout).toContain('partitions  day(event_timestamp)')
    expect(stdout).toMatch(/^ +2 +event_timestamp +timestamptz +required$/m)
    expect(stdout).toMatch(/^ +3 +amount +decimal\(18, 2\)$/m)
    const table = JSON.parse((await cli(['table', 'silver.events', '--format', 'json'], { cwd })).stdout)
    expect(table).toMatchObject({ name: 'silver.events', formatVersion: 2, files: [], rowCount: '0' })
  })

  it('names the nearest when there is no such table', async () => {
    const { code, stderr } = await cli(['table', 'silver.event'], { cwd })
    expect(code).toBe(1)
    expect(stderr).toContain('silver.events')
  })
})

describe('runtime sql', () => {
  const query = "SELECT 1 AS one, 'x,y' AS two, NULL AS three"

  it('answers as table', async () => {
    const { code, stdout } = await cli(['sql', query], { cwd })
    expect([code, stdout]).toEqual([0, 'one  two  three\n───  ───  ─────\n  1  x,y   NULL\n\n1 row\n'])
  })

  it('answers as CSV', async () => {
    const { stdout } = await cli(['sql', query, '--format', 'csv'], { cwd })
    expect(stdout).toBe('one,two,three\r\n1,"x,y",\r\n')
  })

  it('answers as JSON, and says what was read', async () => {
    const { stdout } = await cli(['sql', 'SELECT count(*) AS n FROM silver.events', '--format', 'json'], { cwd })
    expect(JSON.parse(stdout)).toMatchObject({
      columns: [{ name: 'n', type: 'BIGINT' }],
      rows: [['0']],
      tables: [{ name: 'silver.events', filesRead: 0, filesPruned: 0 }],
    })
    const empty = await cli(['sql', 'FROM silver.events', '--format', 'json'], { cwd })
    expect(JSON.parse(empty.stdout).rows).toEqual([])
  })

  it('names the nearest table and column', async () => {
    const table = await cli(['sql', 'SELECT * FROM silver.event'], { cwd })
    expect([table.code, table.stdout]).toEqual([1, ''])
    expect(table.stderr).toContain('error: there is no table silver.event; did you mean silver.events?')
    const column = await cli(['sql', 'SELECT amout FROM silver.events', '--format', 'json'], { cwd })
    expect(JSON.parse(column.stderr).error).toMatchObject({
      code: 'COLUMN_NOT_FOUND',
      message: 'there is no column amout; did you mean amount?',
      fix: 'Columns of silver.events: event_id, event_timestamp, amount.',
    })
  })

  it('refuses what is no SELECT', async () => {
    const { code, stderr } = await cli(['sql', 'DROP TABLE silver.events'], { cwd })
    expect([code, stderr]).toEqual([1, expect.stringContaining('error: only one SELECT can be run')])
  })

  it('is interrupted by the signal, with its exit code and without an error', async () => {
    const controller = new AbortController()
    const sql = 'SELECT count(*) FROM range(200000) a, range(200000) b WHERE (a.range * b.range) % 7 = 1'
    const answer = cli(['sql', sql], { cwd, signal: controller.signal })
    controller.abort('SIGINT')
    expect(await answer).toEqual({ code: 130, stdout: '', stderr: '' })
  })
})
