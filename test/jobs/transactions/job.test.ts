/** The transactions job on the embedded parts, against sums over what was published; its stage topics against its tables. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import job from '../../../jobs/transactions/job.ts'
import { simulateTransactions } from '../../../jobs/transactions/simulate.ts'
import { bronzeTransactions, silverTransactions } from '../../../jobs/transactions/topics.ts'
import { openConnections } from '../../../runtime/compose/index.ts'
import { systemClock as clock } from '../../../runtime/time/system-clock.ts'
import type { DecodeResult } from '../../../topology/contract/serde.ts'
import { compile } from '../../../topology/plan/compile.ts'
import { deserializerOf } from '../../../topology/serde.ts'
import type { Topic } from '../../../topology/topic.ts'
import { readAll } from '../../connectors/log/setup.ts'
import { goldAndLate, goldenTables } from '../../support/golden.ts'
import { configOf, startJob } from '../../support/medallion.ts'
import { recordingLogger } from '../../support/silent.ts'
import input, { simulation } from './golden.ts'

const directory = mkdtempSync(join(tmpdir(), 'sluice-transactions-'))
afterAll(() => rmSync(directory, { recursive: true }))

describe('the transactions job', () => {
  it('has a plan without warnings', () => {
    expect(compile(job).warnings).toEqual([])
  })

  it.each([false, true])('adds up what was booked, each once (late records: %s)', async (late) => {
    const dataDir = join(directory, String(late))
    await input.publish(dataDir, late)
    const run = await startJob('jobs/transactions/job.ts', dataDir, undefined, {
      env: { SLUICE_FAULT: 'log.after-commit:2' },
    }).ended
    expect(run.signal, run.stderr).toBe('SIGKILL')
    const again = await startJob('jobs/transactions/job.ts', dataDir).ended
    expect(again.code, again.stderr).toBe(0)

    const sent = [...simulateTransactions({ ...simulation, late })]
    const golden = await goldenTables(job, dataDir)
    expect(golden['bronze.transactions']).toHaveLength(sent.length)
    expect(golden['quarantine.transactions']).toHaveLength(sent.filter((each) => each.transaction === undefined).length)
    expect(golden['quarantine.late_transactions']!.length > 0).toBe(late)
    expect(await goldAndLate(input.goldAndLate, dataDir)).toEqual(oracle(late))
    expect(await idsIn(dataDir, bronzeTransactions)).toHaveLength(sent.length)
    expect(await idsIn(dataDir, silverTransactions)).toEqual([...bookedOnce(late).keys()].sort())
  })
})

function bookedOnce(late: boolean) {
  const sent = [...simulateTransactions({ ...simulation, late })].flatMap(({ transaction }) => transaction ?? [])
  return new Map(sent.map((transaction) => [transaction.transaction_id, transaction]))
}

/** As the query gives it: `["A-1","EUR","2026-01-01","12.00","0.00","3.19","2"]`. */
function oracle(late: boolean): string[] {
  const totals = new Map<string, { cents: Record<string, number>; count: number }>()
  for (const { account_id, currency, booked_at, kind, amount } of bookedOnce(late).values()) {
    const key = `${account_id} ${currency} ${booked_at.slice(0, 10)}`
    const total = totals.get(key) ?? { cents: { payment: 0, refund: 0, fee: 0 }, count: 0 }
    totals.set(key, total)
    total.cents[kind]! += Math.round(100 * Number(amount))
    total.count++
  }
  return Array.from(totals, ([key, { cents, count }]) => {
    const amounts = Object.values(cents).map((each) => (each / 100).toFixed(2))
    return JSON.stringify([...key.split(' '), ...amounts, String(count)])
  }).sort()
}

/** As whoever reads the topic decodes it, by its format. */
async function idsIn(dataDir: string, topic: Topic<any>): Promise<string[]> {
  const { topics, serdes, close } = await openConnections(configOf(dataDir), { clock, logger: recordingLogger() })
  try {
    const records = await readAll(topics.source(topic.name), clock)
    const deserializer = deserializerOf(topic, serdes)
    await deserializer.prepare?.(records)
    return records
      .map(({ value }) => {
        const row = deserializer.decode(value) as DecodeResult<{ transaction_id: string }>
        if (!row.ok) throw new Error(row.reason)
        return row.value.transaction_id
      })
      .sort()
  } finally {
    await close()
  }
}
