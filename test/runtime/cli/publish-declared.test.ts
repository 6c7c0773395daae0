/** `runtime publish --job`: lines become records of the topic that a job declares, in its format, with its key. */
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { Transaction } from '../../../jobs/transactions/schemas.ts'
import { rawTransactions } from '../../../jobs/transactions/topics.ts'
import { openConnections } from '../../../runtime/compose/index.ts'
import { loadConfig } from '../../../runtime/config/index.ts'
import { systemClock as clock } from '../../../runtime/time/system-clock.ts'
import type { DecodeResult } from '../../../topology/contract/serde.ts'
import { validate } from '../../../topology/schema/index.ts'
import { deserializerOf } from '../../../topology/serde.ts'
import type { Topic } from '../../../topology/topic.ts'
import { readAll, text } from '../../connectors/log/setup.ts'
import { ROOT } from '../../support/run-process.ts'
import { recordingLogger } from '../../support/silent.ts'
import { cli } from './cli-harness.ts'
import { rawTransactionsV2 } from './transactions-v2-job.ts'

const JOB = join(ROOT, 'jobs/transactions/job.ts')
const JOB_V2 = join(ROOT, 'test/runtime/cli/transactions-v2-job.ts')

let cwd: string
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'sluice-publish-declared-'))
})
afterEach(() => rmSync(cwd, { recursive: true }))

const booking = (id: string, changes: object = {}) => ({
  transaction_id: id,
  account_id: 'A-1',
  kind: 'payment',
  amount: 19.99,
  currency: 'EUR',
  booked_at: '2026-01-01T08:00:00Z',
  ...changes,
})
const lines = (...values: readonly unknown[]) =>
  values.map((each) => (typeof each === 'string' ? each : JSON.stringify(each))).join('\n')

interface ReadRecord {
  readonly key: string | null
  readonly row?: any
  /** Why there is none. */
  readonly reason?: string
}

/** As a job that declares `declared` reads it. */
async function rowsOf(declared: Topic<any>) {
  const { topics, serdes, close } = await openConnections(loadConfig({ env: {}, cwd }).config, {
    clock,
    logger: recordingLogger(),
  })
  const records = await readAll(topics.source(declared.name), clock)
  const [description] = await topics.describeTopics([declared.name])
  const deserializer = deserializerOf(declared, serdes)
  await deserializer.prepare?.(records)
  const rows = records.map(({ key, value }): ReadRecord => {
    const row = deserializer.decode(value) as DecodeResult<any>
    return { key: key && text(key), ...(row.ok ? { row: row.value } : { reason: row.reason }) }
  })
  await close()
  return { rows, description }
}

const byId = (one: ReadRecord, other: ReadRecord) =>
  String(one.row.transaction_id).localeCompare(other.row.transaction_id)

describe('a topic in Avro', () => {
  it('gets its lines as rows, by its key, and is made as declared', async () => {
    const sent = [booking('T-1'), booking('T-2', { account_id: 'A-2', amount: '0.01' }), booking('T-3')]
    const { code, stdout, stderr } = await cli(['publish', 'raw-transactions', '-', '--job', JOB], {
      cwd,
      stdin: lines(...sent),
    })
    expect([code, stdout, stderr]).toEqual([0, '3 records published to raw-transactions\n', ''])
    const { rows, description } = await rowsOf(rawTransactions)
    expect(rows.sort(byId)).toEqual(
      sent.map((each) => ({ key: each.account_id, row: (validate(Transaction, each) as { value?: unknown }).value })),
    )
    expect(description?.retentionMs).toBe(rawTransactions.options.retentionMs)
  })

  it('refuses what is no record of its schema, line by line', async () => {
    const stdin = lines(
      booking('T-1'),
      `${JSON.stringify(booking('T-2'))} and more`,
      booking('T-3', { amount: 'much' }),
      booking('T-4', { account_id: undefined }),
      booking('T-5', { channel: 'web' }),
      booking('T-6', { kind: 'gift', amount: -1 }),
    )
    const { code, stdout, stderr } = await cli(['publish', 'raw-transactions', '-', '--job', JOB], { cwd, stdin })
    expect([code, stdout]).toEqual([1, '2 records published to raw-transactions, 4 lines rejected\n'])
    expect(stderr.trimEnd().split('\n')).toEqual([
      expect.stringMatching(/^standard input:2: not JSON/),
      expect.stringMatching(/^standard input:3: amount: /),
      expect.stringMatching(/^standard input:4: account_id: null is no string/),
      'standard input:5: channel: unknown field',
    ])
    expect((await rowsOf(rawTransactions)).rows.map(({ row }) => row.transaction_id).sort()).toEqual(['T-1', 'T-6'])
  })

  it('goes from one schema to the next, and readers of either read both', async () => {
    const publish = (job: string, value: object) =>
      cli(['publish', 'raw-transactions', '-', '--job', job], { cwd, stdin: lines(value) })
    const runs = [
      await publish(JOB, booking('T-1')),
      await publish(JOB_V2, booking('T-2', { channel: 'web' })),
      await publish(JOB, booking('T-3')),
    ]
    expect(runs.map(({ code }) => code)).toEqual([0, 0, 0])
    const v1 = await rowsOf(rawTransactions)
    expect(v1.rows.sort(byId).map(({ row }) => [row.transaction_id, row.channel])).toEqual([
      ['T-1', undefined],
      ['T-2', undefined],
      ['T-3', undefined],
    ])
    const v2 = await rowsOf(rawTransactionsV2)
    expect(v2.rows.sort(byId).map(({ row }) => [row.transaction_id, row.channel])).toEqual([
      ['T-1', null],
      ['T-2', 'web'],
      ['T-3', null],
    ])
  })

  it('takes any bytes with --raw, and the partition from another field with --key', async () => {
    await cli(['publish', 'raw-transactions', '-', '--job', JOB, '--raw'], { cwd, stdin: 'dirt' })
    await cli(['publish', 'raw-transactions', '-', '--job', JOB, '--key', 'user_id'], {
      cwd,
      stdin: lines(booking('T-1')),
    })
    const { rows, description } = await rowsOf(rawTransactions)
    expect(rows.toSorted((one) => ('reason' in one ? -1 : 1))).toEqual([
      { key: null, reason: expect.stringContaining("Confluent's wire format") },
      { key: null, row: expect.objectContaining({ transaction_id: 'T-1' }) },
    ])
    expect(description?.retentionMs).toBe(rawTransactions.options.retentionMs)
  })
})

it('says what a registry refuses, of which subject, and makes no topic', async () => {
  const registry = createServer((_request, response) => {
    response.writeHead(401, { 'content-type': 'application/json' }).end('{"message":"who are you?"}')
  })
  await new Promise<void>((resolve) => registry.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void registry.close())
  const env = { SCHEMA_REGISTRY_URL: `http://127.0.0.1:${(registry.address() as AddressInfo).port}` }
  const { code, stdout, stderr } = await cli(['publish', 'raw-transactions', '-', '--job', JOB], {
    cwd,
    env,
    stdin: lines(booking('T-1')),
  })
  expect([code, stdout]).toEqual([1, ''])
  expect(stderr).toContain("asked about subject 'raw-transactions-value', lets nobody in: who are you?")
  expect(stderr).toContain('Correct SCHEMA_REGISTRY_USERNAME and SCHEMA_REGISTRY_PASSWORD')
  expect((await cli(['topics'], { cwd })).stdout).not.toContain('raw-transactions')
})

it('checks the types of a topic in JSON, and publishes its lines byte for byte', async () => {
  const job = join(ROOT, 'jobs/medallion/job.ts')
  const good = '{"payload": {"user_id":"u1", "action":"dance", "amount":1.50, "more":1}}'
  const stdin = lines(good, { payload: { user_id: 7 } })
  const { code, stderr } = await cli(['publish', 'raw-events', '-', '--job', job], { cwd, stdin })
  expect([code, stderr]).toEqual([1, expect.stringMatching(/^standard input:2: payload.user_id: /)])
  const { topics, close } = await openConnections(loadConfig({ env: {}, cwd }).config, {
    clock,
    logger: recordingLogger(),
  })
  const records = await readAll(topics.source('raw-events'), clock)
  await close()
  expect(records.map(({ key, value }) => [text(key!), text(value!)])).toEqual([['u1', good]])
})

it('names the topic that is nearest to one that the job does not declare, and makes nothing', async () => {
  const { code, stderr } = await cli(['publish', 'raw-transaction', '-', '--job', JOB], { cwd })
  expect(code).toBe(1)
  expect(stderr).toContain("job.ts declares no topic 'raw-transaction'")
  expect(stderr).toContain('Did you mean raw-transactions?')
  const { stderr: none } = await cli(['topics'], { cwd })
  expect(none).toContain('there is no data directory')
})
