/** The medallion job: from raw events through bronze and silver to the revenue of each user and day. */
import {
  aggregate,
  bronzeLayer,
  cleanse,
  count,
  deduplicate,
  eventTime,
  expect,
  filter,
  keyBy,
  quarantine,
  select,
  sum,
  trim,
  tumbling,
  union,
  upper,
  window,
  windowDay,
} from '../../operators/index.ts'
import { days, hours, minutes } from '../../topology/duration.ts'
import { day, table } from '../../topology/table.ts'
import { to } from '../../topology/to.ts'
import { topology } from '../../topology/topology.ts'
import { isTransaction, SilverRules } from './silver-rules.ts'
import { BronzeEvent, DailyRevenue, Quarantined, SilverCandidate, SilverEvent } from './tables.ts'
import { bronzeEvents, rawEvents, silverEvents } from './topics.ts'

export interface MedallionOptions {
  /** Whether bronze and silver events go into topics as well, for consumers that do not read tables. */
  readonly stageTopics: boolean
}

export const medallion = ({ stageTopics }: MedallionOptions) =>
  topology('medallion', ({ from }) => {
    const {
      out: bronze,
      parsed,
      rejected,
    } = from(rawEvents).pipe(
      bronzeLayer({
        sourceSystem: 'web-app',
        columns: {
          event_id: 'event_id',
          event_type: 'event_type',
          event_timestamp: 'event_timestamp',
          user_id: 'payload.user_id',
          action: 'payload.action',
          product_id: 'payload.product_id',
          amount: 'payload.amount',
          schema_version: 'schema_version',
        },
      }),
    )
    bronze.pipe(to(table('bronze.events', BronzeEvent, { partitionBy: [day('ingestion_timestamp')] })))
    if (stageTopics) bronze.pipe(to(bronzeEvents))

    const {
      out: unique,
      quarantined,
      late: tooOld,
    } = parsed.pipe(
      cleanse({ user_id: trim(), product_id: [trim(), upper()] }),
      expect(SilverRules, { as: SilverCandidate }),
      eventTime('event_timestamp', { outOfOrderness: minutes(10) }),
      deduplicate({ by: 'event_id', within: hours(24) }),
    )
    const silver = unique.pipe(select(SilverEvent))
    silver.pipe(to(table('silver.events', SilverEvent, { partitionBy: [day('event_timestamp')] })))
    // Kept by the time of its append: an event may be older than the topic keeps records.
    if (stageTopics) silver.pipe(to(silverEvents, { timestamp: 'append' }))

    const older = tooOld.pipe(
      quarantine({ rule: 'older_than_horizon', reason: 'too old to tell whether it is a duplicate (24 hours)' }),
    )
    union(rejected, quarantined, older).pipe(to(table('quarantine.events', Quarantined)))

    const { out: revenue, late } = silver.pipe(
      filter(isTransaction),
      keyBy('user_id'),
      window(tumbling(days(1)), { allowedLateness: hours(1) }),
      aggregate({ day: windowDay(), revenue: sum(['action', 'amount'], signedAmount), transactions: count() }),
    )
    revenue.pipe(to(table('gold.daily_revenue', DailyRevenue)))
    late.pipe(to(table('quarantine.late_events', SilverEvent)))
  })

export default medallion({ stageTopics: false })

/** What a purchase brings and a refund takes; the rules have seen to it that both have an amount. */
function signedAmount({ action, amount }: { action: string; amount: bigint | null }): bigint {
  const value = amount ?? 0n
  return action === 'refund' ? -value : value
}
