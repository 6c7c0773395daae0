/** The records and tables of the web-access job, each from one zod object. */
import { z } from 'zod'
import { binary, int, long, timestamptz } from '../../topology/schema/index.ts'

const logged = {
  at: timestamptz(),
  client_ip: z.string(),
  method: z.string(),
  path: z.string().describe('With the query string'),
  status: int(),
  duration_ms: int(),
}

const optional = { size_bytes: long().nullish(), user_agent: z.string().nullish() }

/** A request as a web server logs it. Unknown fields are accepted: every server has a few of its own. */
export const Access = z.looseObject({ ...logged, ...optional })

/** Where a request stands in the topic. */
const coordinates = { source_partition: int(), source_offset: long() }

/** A request that satisfies the rules. */
export const Logged = z.object({ ...logged, ...optional, ...coordinates })

/** A request of a visitor, without what would tell who it was. */
export const Request = z.object({
  requested_at: timestamptz(),
  network: z.string().describe('The address of the client without its last part'),
  method: z.string(),
  route: z.string().describe('The path without query string, with :id in place of numbers'),
  status: int(),
  size_bytes: long(),
  duration_ms: int(),
  is_bot: z.boolean(),
  ...coordinates,
})

/** What is no request as it should be, byte for byte, and why. */
export const Refused = z.object({
  source_topic: z.string(),
  ...coordinates,
  source_timestamp: timestamptz(),
  ingestion_timestamp: timestamptz(),
  source_system: z.string(),
  record_hash: z.string(),
  raw_payload: binary(),
  rule: z.string(),
  reason: z.string(),
  severity: z.string(),
  quarantined_at: timestamptz(),
})
