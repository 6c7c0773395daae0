/** Operators: what each step of a topology does. */
export type { Aggregate } from './aggregate/aggregate.ts'
export { avg } from './aggregate/avg.ts'
export { count } from './aggregate/count.ts'
export { countDistinct } from './aggregate/count-distinct.ts'
export { max, min } from './aggregate/min-max.ts'
export { sum } from './aggregate/sum.ts'
export { windowDay, windowEnd, windowStart } from './aggregate/window-bounds.ts'
export { type AsyncMapOptions, type AsyncOutputs, asyncMap } from './async/async-map.ts'
export type { FailedCall } from './async/failed-call.ts'
export { type CachedOptions, cached } from './async/policies/cached.ts'
export { fallback } from './async/policies/fallback.ts'
export type { AsyncFunction, Policy, PolicyContext } from './async/policies/policy.ts'
export { type RateLimitOptions, rateLimit } from './async/policies/rate-limit.ts'
export { type RetryOptions, retry } from './async/policies/retry.ts'
export { timeLimit } from './async/policies/time-limit.ts'
export { type WithPolicies, withPolicies } from './async/policies/with-policies.ts'
export type { AsyncCall } from './async/request.ts'
export { branch } from './branch.ts'
export { broadcast } from './broadcast.ts'
export { type DeduplicateOptions, deduplicate } from './deduplicate.ts'
export { filter } from './filter.ts'
export { flatMap } from './flat-map.ts'
export { keyBy } from './key-by.ts'
export { map } from './map.ts'
export { type BronzeLayerOptions, type BronzeRow, bronzeLayer } from './medallion/bronze-layer.ts'
export { type Cleanser, cleanse, cleanseWith, lower, trim, upper } from './medallion/cleanse.ts'
export { type ProcessOptions, process } from './process/process.ts'
export type { ProcessContext, StateDeclarations } from './process/process-context.ts'
export { type ExpectOutputs, expect } from './quality/expect.ts'
export {
  type Bounds,
  decimals,
  isoTimestamp,
  matches,
  notBlank,
  notNull,
  oneOf,
  range,
  unique,
} from './quality/field-rules.ts'
export { type QuarantineOptions, quarantine } from './quality/quarantine.ts'
export type { Judgement, Provenance, QuarantinedRow } from './quality/quarantined.ts'
export { conforms, custom } from './quality/row-rules.ts'
export type { OnFail, Rule, RuleOptions, Severity } from './quality/rule.ts'
export { type RuleSet, rules } from './quality/rules.ts'
export { rebalance } from './rebalance.ts'
export { select } from './select.ts'
export { single } from './single.ts'
export { union } from './union.ts'
export { eventTime, recordTimestamp } from './watermark/event-time.ts'
export { type ProcessingTimeOptions, processingTime } from './watermark/processing-time.ts'
export {
  type AlignOptions,
  type EventTimeOptions,
  monotonous,
  punctuated,
  type TimeOptions,
} from './watermark/watermark-strategy.ts'
export { type AggregateOptions, aggregate } from './window/aggregate.ts'
export { type TimeWindow, type TumblingOptions, type TumblingWindows, tumbling } from './window/tumbling.ts'
export { type WindowedStream, type WindowOptions, window } from './window/window.ts'
