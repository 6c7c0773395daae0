/** Input of the transactions job. */
import { simulateTransactions } from '../../../jobs/transactions/simulate.ts'
import { rawTransactions } from '../../../jobs/transactions/topics.ts'
import { openSerdes } from '../../../runtime/compose/index.ts'
import { openTopicEncoder } from '../../../runtime/producer/topic-encoder.ts'
import { systemClock } from '../../../runtime/time/system-clock.ts'
import { type GoldenInput, publishRecords } from '../../support/golden.ts'
import { configOf } from '../../support/medallion.ts'
import { FIXED_SEED } from '../../support/scale.ts'
import { recordingLogger } from '../../support/silent.ts'

export const simulation = { transactions: 3_000, seed: FIXED_SEED }

export default {
  async publish(dataDir, late) {
    const serdes = openSerdes(configOf(dataDir), { clock: systemClock, logger: recordingLogger() })
    const encode = await openTopicEncoder(rawTransactions, serdes)
    await serdes.close()
    const records = Array.from(simulateTransactions({ ...simulation, late }), ({ account, line }) => {
      const json = Buffer.from(line)
      const record = encode(json)
      // What has no form in Avro comes too, from who knows nothing of it.
      return { key: Buffer.from(account), value: record.ok ? record.value : json }
    })
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
