/** The net-sales job on the embedded parts, against sums over what was published. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import job from '../../../jobs/net-sales/job.ts'
import { simulateReturns, simulateSales } from '../../../jobs/net-sales/simulate.ts'
import { compile } from '../../../topology/plan/compile.ts'
import { goldAndLate, goldenTables } from '../../support/golden.ts'
import { startJob } from '../../support/medallion.ts'
import input, { simulation } from './golden.ts'

const directory = mkdtempSync(join(tmpdir(), 'sluice-net-sales-'))
afterAll(() => rmSync(directory, { recursive: true }))

describe('the net-sales job', () => {
  it('has a plan without warnings', () => {
    expect(compile(job).warnings).toEqual([])
  })

  it.each([false, true])('adds up what tills and returns desk sent, each once (late records: %s)', async (late) => {
    const dataDir = join(directory, String(late))
    await input.publish(dataDir, late)
    const run = await startJob('jobs/net-sales/job.ts', dataDir).ended
    expect(run.code, run.stderr).toBe(0)
    const golden = await goldenTables(job, dataDir)
    expect(golden['silver.movements']).toHaveLength(movementsOf(late).size)
    expect(golden['quarantine.late_movements']!.length > 0).toBe(late)
    expect(await goldAndLate(input.goldAndLate, dataDir)).toEqual(oracle(late))
    if (!late) expect(golden['gold.net_sales']).toHaveLength(oracle(late).length)
  })
})

interface Counted {
  readonly key: string
  readonly sums: readonly [sold: number, returned: number, grossCents: number, refundCents: number]
}

/** By id: what was sent twice is there once. */
function movementsOf(late: boolean): Map<string, Counted> {
  const movements = new Map<string, Counted>()
  for (const { sale_id, product_id, sold_at, quantity, amount } of simulateSales({ ...simulation, late })) {
    movements.set(sale_id, { key: keyOf(product_id, sold_at), sums: [quantity, 0, cents(amount), 0] })
  }
  for (const { return_id, product_id, returned_at, quantity, refund } of simulateReturns({ ...simulation, late })) {
    movements.set(return_id, { key: keyOf(product_id, returned_at), sums: [0, quantity, 0, cents(refund)] })
  }
  return movements
}

/** As the query gives it: `["P-1","2026-01-01","12","1","38.28","3.19"]`. */
function oracle(late: boolean): string[] {
  const totals = new Map<string, [number, number, number, number]>()
  for (const { key, sums } of movementsOf(late).values()) {
    const total = totals.get(key) ?? [0, 0, 0, 0]
    for (const [index, sum] of sums.entries()) total[index]! += sum
    totals.set(key, total)
  }
  return Array.from(totals, ([key, [sold, returned, gross, refunds]]) =>
    JSON.stringify([...key.split(' '), String(sold), String(returned), euros(gross), euros(refunds)]),
  ).sort()
}

function keyOf(product: string, at: string): string {
  return `${product} ${at.slice(0, 10)}`
}

function cents(amount: unknown): number {
  return Math.round(100 * Number(amount))
}

function euros(amountCents: number): string {
  return (amountCents / 100).toFixed(2)
}
