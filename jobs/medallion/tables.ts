/** The tables of the medallion job, each from one zod object. Their names and columns are what others rely on. */
import { z } from 'zod'
import { binary, date, decimal, int, long, timestamptz } from '../../topology/schema/index.ts'

/** Where a record came from, in the log and in bronze: every table but gold has them. */
const coordinates = {
  source_topic: z.string(),
  source_partition: int(),
  source_offset: long(),
  source_timestamp: timestamptz().describe("The log's own time of the record"),
  ingestion_timestamp: timestamptz(),
  source_system: z.string(),
  record_hash: z.string().describe('Hexadecimal SHA-256 of raw_payload'),
}

const rawPayload = binary().describe('The record as received, byte for byte')

/** Every record of the topic, once. The columns from event_id on are null where the record did not parse. */
export const BronzeEvent = z.object({
  raw_payload: rawPayload,
  ...coordinates,
  event_id: z.string().nullish(),
  event_type: z.string().nullish(),
  event_timestamp: z.string().nullish().describe('As the event has it; silver has it as a timestamp'),
  user_id: z.string().nullish(),
  action: z.string().nullish(),
  product_id: z.string().nullish(),
  amount: decimal(38, 18).nullish(),
  schema_version: z.string().nullish(),
})

/** Events that are what they should be: one row per event_id. */
export const SilverEvent = z.object({
  event_id: z.string(),
  event_timestamp: timestamptz(),
  user_id: z.string(),
  action: z.string(),
  product_id: z.string().nullish(),
  amount: decimal(18, 2).nullish(),
  schema_version: z.string().nullish(),
  ...coordinates,
})

/** A silver event on its way, with the bytes that quarantine would need. */
export const SilverCandidate = SilverEvent.extend({ raw_payload: rawPayload })

/** What is not fit for silver, and why. */
export const Quarantined = z.object({
  ...coordinates,
  raw_payload: rawPayload,
  rule: z.string(),
  reason: z.string(),
  severity: z.string(),
  quarantined_at: timestamptz(),
})

/** One row per user and UTC day with a purchase or refund. */
export const DailyRevenue = z.object({
  user_id: z.string(),
  day: date(),
  revenue: decimal(18, 2).describe('Purchases less refunds'),
  transactions: long().describe('Purchases and refunds'),
})
