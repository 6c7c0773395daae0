/**
 * The transactions job: bookings from a topic, as bronze and silver in tables and topics, and as the totals of each
 * account and day.
 *
 *     npx runtime topics create jobs/transactions/job.ts
 *     node jobs/transactions/simulate.ts 10000 | npx runtime publish raw-transactions - --job jobs/transactions/job.ts
 *     npx runtime submit jobs/transactions/job.ts --until latest --drain
 *     npx runtime sql "SELECT day, currency, sum(paid), sum(refunded) FROM gold.account_days GROUP BY ALL ORDER BY ALL"
 *     npx runtime topics describe jobs/transactions/job.ts
 *     npx runtime replay quarantine.transactions --dry-run
 */
import {
  aggregate,
  bronzeLayer,
  count,
  deduplicate,
  eventTime,
  expect,
  keyBy,
  notBlank,
  notNull,
  oneOf,
  quarantine,
  range,
  rules,
  select,
  sum,
  tumbling,
  union,
  window,
  windowDay,
} from '../../operators/index.ts'
import { days, hours, minutes } from '../../topology/duration.ts'
import { day, table } from '../../topology/table.ts'
import { to } from '../../topology/to.ts'
import { topology } from '../../topology/topology.ts'
import { AccountDay, BronzeTransaction, Candidate, QuarantinedTransaction, Transaction } from './schemas.ts'
import { bronzeTransactions, rawTransactions, silverTransactions } from './topics.ts'

const TransactionRules = rules(BronzeTransaction, [
  notBlank('transaction_id'),
  notBlank('account_id'),
  oneOf('kind', ['payment', 'refund', 'fee']),
  notNull('amount'),
  range('amount', { min: 0 }),
  notBlank('currency'),
  notNull('booked_at'),
])

export default topology('transactions', ({ from }) => {
  const {
    out: bronze,
    parsed,
    rejected,
  } = from(rawTransactions).pipe(
    bronzeLayer({
      sourceSystem: 'core-banking',
      columns: {
        transaction_id: 'transaction_id',
        account_id: 'account_id',
        kind: 'kind',
        amount: 'amount',
        currency: 'currency',
        booked_at: 'booked_at',
      },
    }),
  )
  bronze.pipe(to(table('bronze.transactions', BronzeTransaction, { partitionBy: [day('ingestion_timestamp')] })))
  bronze.pipe(to(bronzeTransactions))

  const {
    out: unique,
    quarantined,
    late: tooOld,
  } = parsed.pipe(
    expect(TransactionRules, { as: Candidate }),
    eventTime('booked_at', { outOfOrderness: minutes(10) }),
    deduplicate({ by: 'transaction_id', within: hours(24) }),
  )
  const silver = unique.pipe(select(Transaction))
  silver.pipe(to(table('silver.transactions', Transaction, { partitionBy: [day('booked_at')] })))
  // Kept by the time of its append: a booking may be older than the topic keeps records.
  silver.pipe(to(silverTransactions, { timestamp: 'append' }))

  const older = tooOld.pipe(
    quarantine({ rule: 'older_than_horizon', reason: 'too old to tell whether it is a duplicate (24 hours)' }),
  )
  union(rejected, quarantined, older).pipe(to(table('quarantine.transactions', QuarantinedTransaction)))

  const { out: totals, late } = silver.pipe(
    keyBy('account_id', 'currency'),
    window(tumbling(days(1)), { allowedLateness: hours(1) }),
    aggregate({
      day: windowDay(),
      paid: sum(['kind', 'amount'], amountOf('payment')),
      refunded: sum(['kind', 'amount'], amountOf('refund')),
      fees: sum(['kind', 'amount'], amountOf('fee')),
      transactions: count(),
    }),
  )
  totals.pipe(to(table('gold.account_days', AccountDay)))
  late.pipe(to(table('quarantine.late_transactions', Transaction)))
})

/** What a transaction is worth among those of a kind. */
function amountOf(kind: string) {
  return (transaction: { kind: string; amount: bigint }): bigint =>
    transaction.kind === kind ? transaction.amount : 0n
}
