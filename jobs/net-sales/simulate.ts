/**
 * A seeded shop with tills and a returns desk, a record a line:
 *
 *     node jobs/net-sales/simulate.ts sales|returns [SALES [SEED]]
 *
 * Both go through the same three days. A record comes up to ten minutes after others that happened later, one in fifty is
 * sent twice.
 */
import type { z } from 'zod'
import { integer, seededRandom } from '../medallion/simulator/random.ts'
import type { Return, Sale } from './schemas.ts'

const FIRST_DAY_MS = Date.parse('2026-01-01T00:00:00Z')
const DAYS_MS = 3 * 86_400_000
const HOUR_MS = 3_600_000
const OUT_OF_ORDER_MS = 600_000
const PRODUCTS = 200

export interface SalesSimulation {
  readonly sales: number
  readonly seed: number
  /** Whether one record in a hundred comes a day late, when its window has long closed. @default false */
  readonly late?: boolean
}

export type SimulatedSale = z.input<typeof Sale>
export type SimulatedReturn = z.input<typeof Return>

/** The same sales for the same seed. */
export function* simulateSales({ sales, seed, late = false }: SalesSimulation): Generator<SimulatedSale, void, void> {
  const random = seededRandom(`net-sales ${seed}`)
  for (let n = 0; n < sales; n++) {
    const product = Math.floor(PRODUCTS * random() ** 2)
    const quantity = 1 + integer(random, 3)
    const lateMs = late && n % 100 === 99 ? 20 * HOUR_MS : integer(random, OUT_OF_ORDER_MS)
    const sale = {
      sale_id: `S-${n}`,
      product_id: `P-${product}`,
      quantity,
      amount: (quantity * (199 + 50 * product)) / 100,
      sold_at: timestamp((n / sales) * DAYS_MS - lateMs),
    }
    yield sale
    if (random() < 0.02) yield sale
  }
}

/** One sale in ten comes back, within an hour. */
export function* simulateReturns(simulation: SalesSimulation): Generator<SimulatedReturn, void, void> {
  const random = seededRandom(`net-sales returns ${simulation.seed}`)
  const { sales } = simulation
  let n = 0
  for (const { sale_id, product_id, quantity, amount } of simulateSales(simulation)) {
    if (random() >= 0.1) continue
    const back = 1 + integer(random, quantity)
    const position = Number(sale_id.slice(2)) / sales
    const returned = {
      return_id: `R-${n++}`,
      sale_id,
      product_id,
      quantity: back,
      refund: Math.round((100 * Number(amount) * back) / quantity) / 100,
      returned_at: timestamp(position * DAYS_MS + HOUR_MS - integer(random, OUT_OF_ORDER_MS)),
    }
    yield returned
    if (random() < 0.02) yield returned
  }
}

function timestamp(sinceOpeningMs: number): string {
  return new Date(FIRST_DAY_MS + Math.floor(sinceOpeningMs)).toISOString()
}

if (import.meta.main) {
  const [what = '', sales = '10000', seed = '1'] = process.argv.slice(2)
  if (what !== 'sales' && what !== 'returns') throw new Error('usage: simulate.ts sales|returns [SALES [SEED]]')
  const simulation = { sales: Number(sales), seed: Number(seed) }
  for (const record of what === 'sales' ? simulateSales(simulation) : simulateReturns(simulation))
    console.log(JSON.stringify(record))
}
