/** Input of the transactions job. */
import { simulateTransactions } from '../../../jobs/transactions/simulate.ts'
import { type GoldenInput, publishRecords } from '../../support/golden.ts'
import { FIXED_SEED } from '../../support/scale.ts'

export const simulation = { transactions: 3_000, seed: FIXED_SEED }

export default {
  async publish(dataDir, late) {
    const records = Array.from(simulateTransactions({ ...simulation, late }), ({ account, line }) => ({
      key: Buffer.from(account),
      value: Buffer.from(line),
    }))
    await publishRecords(dataDir, 'raw-transactions', records)
  },
  goldAndLate: `
    SELECT account_id, currency, day, sum(paid), sum(refunded), sum(fees), sum(transactions)::BIGINT
    FROM (
      FROM gold.account_days
      UNION ALL
      SELECT account_id, currency, booked_at::DATE,
        if(kind = 'payment', amount, 0), if(kind = 'refund', amount, 0), if(kind = 'fee', amount, 0), 1
      FROM quarantine.late_transactions
    ) GROUP BY ALL`,
} satisfies GoldenInput
