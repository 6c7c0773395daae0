/** Operators: what each step of a topology does. */
export type { Aggregate, NeverNullAggregate } from './aggregate/aggregate.ts'
export { type ApproxCountDistinctOptions, approxCountDistinct } from './aggregate/approx-count-distinct.ts'
export { avg } from './aggregate/avg.ts'
export { type CollectOptions, collect } from './aggregate/collect.ts'
export { count } from './aggregate/count.ts'
export { countDistinct } from './aggregate/count-distinct.ts'
export { type CustomAggregateOptions, customAggregate } from './aggregate/custom-aggregate.ts'
export { first, last } from './aggregate/first-last.ts'
export { max, min } from './aggregate/min-max.ts'
export { type PercentileOptions, percentile, percentiles } from './aggregate/percentile.ts'
export { type RunningAggregateOptions, type RunningRow, runningAggregate } from './aggregate/running-aggregate.ts'
export { sum } from './aggregate/sum.ts'
export { topK } from './aggregate/top-k.ts'
export { stddev, stddevPop, variance, variancePop } from './aggregate/variance.ts'
export { where } from './aggregate/where.ts'
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
export { type ChangeKind, type ChangesOptions, changes } from './changes.ts'
export { type DeduplicateOptions, deduplicate } from './deduplicate.ts'
export { filter } from './filter.ts'
export { flatMap } from './flat-map.ts'
export { type IntervalJoinOptions, intervalJoin } from './join/interval-join.ts'
export { join, type RegularJoinOptions } from './join/join.ts'
export type { JoinOptions, JoinType } from './join/join-options.ts'
export { type LookupJoinOptions, lookupJoin } from './join/lookup-join.ts'
export { type TemporalJoinOptions, temporalJoin } from './join/temporal-join.ts'
export { windowJoin } from './join/window-join.ts'
export { keyBy } from './key-by.ts'
export { map } from './map.ts'
export { type BronzeLayerOptions, type BronzeRow, bronzeLayer } from './medallion/bronze-layer.ts'
export { type Cleanser, cleanse, cleanseWith, lower, trim, upper } from './medallion/cleanse.ts'
export {
  type MatchPatternOptions,
  matchPattern,
  type PatternOutputs,
} from './pattern/match-pattern.ts'
export { type Pattern, pattern } from './pattern/pattern.ts'
export type {
  BroadcastContext,
  BroadcastDeclarations,
  KeyedBroadcastContext,
} from './process/broadcast/broadcast-context.ts'
export { type ProcessWithBroadcastOptions, processWithBroadcast } from './process/broadcast/process-with-broadcast.ts'
export { type CoProcessOptions, coProcess } from './process/co-process.ts'
export { type ProcessOptions, process } from './process/process.ts'
export type {
  ProcessContext,
  ProcessOutputs,
  SideDeclarations,
  StateDeclarations,
  Timer,
  Timers,
} from './process/process-context.ts'
export {
  type AggregatingState,
  type AggregatingStateDescriptor,
  aggregatingState,
} from './process/state/aggregating-state.ts'
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
export { type LatestOptions, latest } from './rank/latest.ts'
export { type TopNOptions, topN } from './rank/top-n.ts'
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
export type { AlignmentOptions } from './window/alignment.ts'
export { type ApplyOptions, apply } from './window/apply.ts'
export { type CountWindows, countWindow } from './window/count-window.ts'
export { type GlobalWindows, global } from './window/global.ts'
export { type SessionWindows, session } from './window/session.ts'
export { type SlidingOptions, type SlidingWindows, sliding } from './window/sliding.ts'
export type { TimeWindow } from './window/time-window.ts'
export {
  early,
  every,
  type OnEventTimeOptions,
  onCount,
  onEventTime,
  type Period,
  purging,
  type Trigger,
} from './window/trigger.ts'
export { type TumblingOptions, type TumblingWindows, tumbling } from './window/tumbling.ts'
export { type TwoPhaseOutputs, twoPhaseAggregate } from './window/two-phase-aggregate.ts'
export { type WindowedStream, type WindowOptions, window, windowAll } from './window/window.ts'
export type { WindowContext } from './window/window-context.ts'
export type { Windows } from './window/windows.ts'
