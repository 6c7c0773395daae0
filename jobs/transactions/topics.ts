/** The topics of the transactions job: where bookings come from, and its stages for other consumers. */
import { days } from '../../topology/duration.ts'
import { avro } from '../../topology/format.ts'
import { topic } from '../../topology/topic.ts'
import { BronzeTransaction, Transaction } from './schemas.ts'

export const rawTransactions = topic('raw-transactions', Transaction, { retention: days(7), key: 'account_id' })

/** Every record of raw-transactions with what could be read of it. */
export const bronzeTransactions = topic('bronze-transactions', BronzeTransaction, {
  retention: days(90),
  key: 'account_id',
})

/** Valid transactions, each once, in Avro: other teams read them by the schema that the registry has. */
export const silverTransactions = topic('silver-transactions', Transaction, {
  retention: days(365),
  key: 'account_id',
  format: avro({ compatibility: 'FULL', recordName: 'com.bank.Transaction' }),
})
