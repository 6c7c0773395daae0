/** Topics in Avro and Protobuf with nothing installed: the command line, worker processes, the embedded registry. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, onTestFinished, test } from 'vitest'
import { runProcess, until } from '../../support/run-process.ts'
import { submitJob } from '../../support/running-job.ts'

const directory = mkdtempSync(join(tmpdir(), 'sluice-formats-'))
afterAll(() => rmSync(directory, { recursive: true, force: true }))

const COUNT = 200

async function runtime(...args: string[]) {
  const result = await runProcess('runtime/cli/bin.js', [...args, '--data-dir', directory], {
    env: { LOG_LEVEL: 'warn' },
  })
  expect(result.stderr).toBe('')
  return result.stdout
}

test('runs on two workers, and every value arrives as it was', async () => {
  const rows = Array.from({ length: COUNT }, (_, n) => ({
    id: n,
    amount: `${n}.25`,
    note: n % 2 === 0 ? null : `n${n}`,
  }))
  const file = join(directory, 'orders.jsonl')
  writeFileSync(file, rows.map((row) => `${JSON.stringify(row)}\n`).join(''))
  await runtime('publish', 'orders', file, '--raw')
  const job = await submitJob({
    file: 'test/connectors/registry/support/avro-job.ts',
    name: 'formats',
    dataDir: directory,
    parallelism: 2,
    workers: 2,
    args: ['--checkpoint-interval', '200ms'],
  })
  onTestFinished(() => job.process.kill('SIGKILL'))
  const query = 'SELECT count(*) AS n, sum(amount) AS total, count(note) AS notes FROM lake.orders'
  const answer = async () => JSON.parse(await runtime('sql', query, '--format', 'json')).rows[0]
  await until('all rows are in the table', async () => (await answer())[0] === String(COUNT))
  expect(await answer()).toEqual([String(COUNT), '19950.00', String(COUNT / 2)])
  await job.client.stop('formats')
  await job.process.ended
})
