/** The topics of the transactions job: where bookings come from, and its stages for other consumers. */
import { days } from '../../topology/duration.ts'
import { avro } from '../../topology/format.ts'
import { topic } from '../../topology/topic.ts'
import { BronzeTransaction, Transaction } from './schemas.ts'

/** In the registry. Producers or consumers may go first to a new schema, since each reads what the other writes. */
const transactionAvro = avro({ compatibility: 'FULL', recordName: 'com.bank.Transaction' })

/** What the core banking system sends, in Avro: what is no transaction of the registry's schema is refused before it is sent. */
export const rawTransactions = topic('raw-transactions', Transaction, {
  retention: days(7),
  key: 'account_id',
  format: transactionAvro,
})

/** Every record of raw-transactions with what could be read of it. */
export const bronzeTransactions = topic('bronze-transactions', BronzeTransaction, {
  retention: days(90),
  key: 'account_id',
})

/** Valid transactions, each once: other teams read them by the schema that the registry has. */
export const silverTransactions = topic('silver-transactions', Transaction, {
  retention: days(365),
  key: 'account_id',
  format: transactionAvro,
})
