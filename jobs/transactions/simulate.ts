/**
 * Seeded bookings, a record a line:
 *
 *     node jobs/transactions/simulate.ts [TRANSACTIONS [SEED]]
 *
 * They go through three days. A record comes up to ten minutes after others that were booked later, one in fifty is sent
 * twice, and one in a hundred is no transaction: a kind that nobody knows, a negative amount, or bytes that are no JSON,
 * which `runtime publish` refuses, since they have no form in Avro.
 */
import type { z } from 'zod'
import { integer, seededRandom } from '../medallion/simulator/random.ts'
import type { Transaction } from './schemas.ts'

const FIRST_DAY_MS = Date.parse('2026-01-01T00:00:00Z')
const DAYS_MS = 3 * 86_400_000
const OUT_OF_ORDER_MS = 600_000
const LATE_MS = 20 * 3_600_000
const ACCOUNTS = 300
const CURRENCIES = ['EUR', 'USD', 'CHF']

export interface TransactionsSimulation {
  readonly transactions: number
  readonly seed: number
  /** Whether one record in a hundred comes most of a day late, when its window has long closed. @default false */
  readonly late?: boolean
}

export type SimulatedTransaction = z.input<typeof Transaction>

/** As it is sent, and what it is, unless it is none. */
export interface SentTransaction {
  readonly line: string
  readonly account: string
  readonly transaction: SimulatedTransaction | undefined
}

/** The same for the same seed. */
export function* simulateTransactions(simulation: TransactionsSimulation): Generator<SentTransaction, void, void> {
  const { transactions, seed, late = false } = simulation
  const random = seededRandom(`transactions ${seed}`)
  for (let n = 0; n < transactions; n++) {
    const account = `A-${Math.floor(ACCOUNTS * random() ** 2)}`
    const lateMs = late && n % 100 === 99 ? LATE_MS : integer(random, OUT_OF_ORDER_MS)
    const transaction: SimulatedTransaction = {
      transaction_id: `T-${n}`,
      account_id: account,
      kind: ['payment', 'payment', 'payment', 'refund', 'fee'][integer(random, 5)]!,
      amount: (1 + integer(random, 100_000)) / 100,
      currency: CURRENCIES[integer(random, CURRENCIES.length)]!,
      booked_at: new Date(FIRST_DAY_MS + Math.max(0, Math.floor((n / transactions) * DAYS_MS - lateMs))).toISOString(),
    }
    const line = JSON.stringify(transaction)
    yield { line, account, transaction }
    if (random() < 0.02) yield { line, account, transaction }
    if (random() < 0.01) yield { line: dirt(integer(random, 3), transaction), account, transaction: undefined }
  }
}

function dirt(kind: number, transaction: SimulatedTransaction): string {
  const id = `${transaction.transaction_id}-dirty`
  if (kind === 0) return `${JSON.stringify({ ...transaction, transaction_id: id })} and more`
  return JSON.stringify({ ...transaction, transaction_id: id, ...(kind === 1 ? { kind: 'gift' } : { amount: -1 }) })
}

if (import.meta.main) {
  const [transactions = '10000', seed = '1'] = process.argv.slice(2)
  for (const { line } of simulateTransactions({ transactions: Number(transactions), seed: Number(seed) }))
    console.log(line)
}
