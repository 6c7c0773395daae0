/** The records and tables of the transactions job, each from one zod object. */
import { z } from 'zod'
import { binary, date, decimal, int, long, timestamptz } from '../../topology/schema/index.ts'

/** What the core banking system sends for each booking. */
export const Transaction = z.object({
  transaction_id: z.string(),
  account_id: z.string(),
  kind: z.string().describe('payment, refund or fee'),
  amount: decimal(18, 2),
  currency: z.string(),
  booked_at: timestamptz(),
})

/** Where a record came from, in the log and in bronze. */
const coordinates = {
  source_topic: z.string(),
  source_partition: int(),
  source_offset: long(),
  source_timestamp: timestamptz(),
  ingestion_timestamp: timestamptz(),
  source_system: z.string(),
  record_hash: z.string().describe('Hexadecimal SHA-256 of raw_payload'),
  raw_payload: binary().describe('The record as received, byte for byte'),
}

/** Every record of the topic, once; the columns of the transaction are null where it did not parse. */
export const BronzeTransaction = z.object({
  ...coordinates,
  transaction_id: z.string().nullish(),
  account_id: z.string().nullish(),
  kind: z.string().nullish(),
  amount: decimal(18, 2).nullish(),
  currency: z.string().nullish(),
  booked_at: timestamptz().nullish(),
})

/** A transaction on its way, with what quarantine would need. */
export const Candidate = Transaction.extend(coordinates)

/** What is no transaction, and why. */
export const QuarantinedTransaction = z.object({
  ...coordinates,
  rule: z.string(),
  reason: z.string(),
  severity: z.string(),
  quarantined_at: timestamptz(),
})

/** One row per account, currency and UTC day with a transaction. */
export const AccountDay = z.object({
  account_id: z.string(),
  currency: z.string(),
  day: date(),
  paid: decimal(18, 2),
  refunded: decimal(18, 2),
  fees: decimal(18, 2),
  transactions: long(),
})
