/** The medallion job as a backfill: what it leaves in its tables is what the stream leaves. */
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { openMedallionTables, publishDays } from '../../support/medallion.ts'
import { outcomeOf, queryRows, revenueOracle } from '../../support/medallion-checks.ts'
import { runProcess, startProcess } from '../../support/run-process.ts'
import { FRESH_SEED } from '../../support/scale.ts'

const EVENTS = 3_000

async function bronzeRows(dataDir: string): Promise<number> {
  if (!existsSync(join(dataDir, 'catalog.db'))) return 0
  try {
    await using opened = await openMedallionTables(dataDir)
    return Number((await queryRows(opened.engine, 'SELECT count(*)::VARCHAR FROM bronze.events'))[0]![0])
  } catch {
    // There is no snapshot yet.
    return 0
  }
}

test(`the stream, and a batch at another parallelism, fill the tables alike (seed ${FRESH_SEED})`, async () => {
  const root = mkdtempSync(join(tmpdir(), 'sluice-batch-'))
  onTestFinished(() => rmSync(root, { recursive: true, force: true }))
  const [streamed, batched] = [join(root, 'streamed'), join(root, 'batched')]
  const env = { LOG_LEVEL: 'warn', METRICS_PORT: 'off' }
  const submit = ['submit', 'jobs/medallion/job.ts', '--workers', '0', '--data-dir']

  await publishDays(streamed, { events: EVENTS / 2, seed: FRESH_SEED, without: ['late', 'expired'] })
  const stream = startProcess('runtime/cli/main.ts', [...submit, streamed, '--checkpoint-interval', '200ms'], { env })
  await expect.poll(() => bronzeRows(streamed), { timeout: 60_000, interval: 300 }).toBeGreaterThan(0)
  await publishDays(streamed, { events: EVENTS / 2, seed: FRESH_SEED + 1, without: ['late', 'expired'] })
  mkdirSync(batched)
  for (const name of ['log.db', 'log.db-wal', 'log.db-shm', 'published.jsonl']) {
    if (existsSync(join(streamed, name))) cpSync(join(streamed, name), join(batched, name))
  }

  const batch = await runProcess('runtime/cli/main.ts', [...submit, batched, '--batch', '--parallelism', '3'], { env })
  expect(batch.code, batch.stderr).toBe(0)
  expect(batch.stdout).toMatch(/job medallion FINISHED: [\d,]+ records read, checkpoint \d+, .* records\/s/)
  expect(batch.stdout).toMatch(/sink\(gold\.daily_revenue\): [\d,]+ rows/)

  const all = await bronzeRows(batched)
  await expect.poll(() => bronzeRows(streamed), { timeout: 60_000, interval: 300 }).toBe(all)
  const stopped = await runProcess('runtime/cli/main.ts', ['stop', 'medallion', '--drain', '--data-dir', streamed], {
    env,
  })
  expect(stopped.code, stopped.stderr).toBe(0)
  expect((await stream.ended).code).toBe(0)

  const outcome = await outcomeOf(batched)
  expect(outcome).toEqual(await outcomeOf(streamed))
  expect(outcome.revenue.length).toBeGreaterThan(0)
  expect(outcome.revenue).toEqual(await revenueOracle(batched))
}, 180_000)
