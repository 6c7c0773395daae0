/** The transactions job of a later day: its records have one more field. */
import { z } from 'zod'
import { Transaction } from '../../../jobs/transactions/schemas.ts'
import { rawTransactions } from '../../../jobs/transactions/topics.ts'
import { table, to, topic, topology } from '../../../topology/index.ts'

const TransactionV2 = Transaction.extend({ channel: z.string().nullish() })
const { format } = rawTransactions

export const rawTransactionsV2 = topic('raw-transactions', TransactionV2, { key: 'account_id', format })

export default topology('transactions-v2', ({ from }) => {
  from(rawTransactionsV2).pipe(to(table('lake.transactions', TransactionV2)))
})
