/** Input of the net-sales job. */
import {
  type SimulatedReturn,
  type SimulatedSale,
  simulateReturns,
  simulateSales,
} from '../../../jobs/net-sales/simulate.ts'
import { type GoldenInput, publishRecords } from '../../support/golden.ts'
import { FIXED_SEED } from '../../support/scale.ts'

export const simulation = { sales: 3_000, seed: FIXED_SEED }

function toRecord(record: SimulatedSale | SimulatedReturn) {
  return { key: Buffer.from(record.product_id), value: Buffer.from(JSON.stringify(record)) }
}

export default {
  async publish(dataDir, late) {
    await publishRecords(dataDir, 'sales', Array.from(simulateSales({ ...simulation, late }), toRecord))
    await publishRecords(dataDir, 'returns', Array.from(simulateReturns({ ...simulation, late }), toRecord))
  },
  goldAndLate: `
    SELECT product_id, day, sum(sold), sum(returned), sum(gross), sum(refunds)
    FROM (
      SELECT * EXCLUDE (net) FROM gold.net_sales
      UNION ALL
      SELECT product_id, moved_at::DATE, sold, returned, gross, refunds FROM quarantine.late_movements
    ) GROUP BY ALL`,
} satisfies GoldenInput
