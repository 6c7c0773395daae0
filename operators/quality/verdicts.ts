/** Carries out what rules decide: counts, drops, fails, and gathers what goes into quarantine. */
import type { Counter } from '../../topology/contract/observability.ts'
import type { OperatorContext } from '../../topology/contract/operator.ts'
import { describeValue } from '../../topology/describe-value.ts'
import { Batch } from '../../topology/element.ts'
import { OperatorError } from '../../topology/errors.ts'
import { nowMicros, quarantinedRow } from './quarantined.ts'
import type { OnFail, Severity } from './rule.ts'

/** The rule that a record broke. */
export interface BrokenRule {
  readonly name: string
  readonly onFail: OnFail
  readonly severity: Severity
}

const COUNTERS = {
  warn: 'records_warned_total',
  drop: 'records_dropped_total',
  quarantine: 'records_quarantined_total',
  fail: 'records_failed_total',
} as const satisfies Record<OnFail, string>

/** The verdicts of one operator. */
export class Verdicts {
  private readonly context: OperatorContext
  private readonly counters = new Map<string, Counter>()
  private quarantined: Record<string, unknown>[] = []
  private quarantinedAt = 0n
  private eventTimes: number[] = []

  constructor(context: OperatorContext) {
    this.context = context
  }

  /** Counts a rule that was broken, by what it does about it. */
  count(rule: BrokenRule): void {
    let counter = this.counters.get(rule.name)
    if (counter === undefined) {
      counter = this.context.metrics.counter(COUNTERS[rule.onFail], { rule: rule.name })
      this.counters.set(rule.name, counter)
    }
    counter.add(1)
  }

  /** Does with row `index` of the batch what the rule says, and it is no warning. @throws {OperatorError} for `fail` */
  carryOut(rule: BrokenRule, reason: string, batch: Batch, index: number): void {
    this.count(rule)
    const row = batch.values[index]
    if (rule.onFail === 'fail') {
      const { uid } = this.context
      throw new OperatorError(`${uid}: rule ${rule.name} is broken: ${reason}`, {
        fix: 'Mend the data, or let the rule quarantine such records.',
        details: { uid, rule: rule.name, value: describeValue(row) },
      })
    }
    if (rule.onFail === 'drop') return
    if (this.quarantined.length === 0) this.quarantinedAt = nowMicros(this.context.clock)
    this.quarantined.push(quarantinedRow(row, rule.name, reason, rule.severity, this.quarantinedAt))
    if (batch.timestampsMs !== undefined) this.eventTimes.push(batch.timestampsMs[index]!)
  }

  /** Sends what was gathered from `batch`. */
  emitQuarantined(batch: Batch): void {
    if (this.quarantined.length === 0) return
    const timestampsMs = batch.timestampsMs && Float64Array.from(this.eventTimes)
    this.context.emit(
      'quarantined',
      new Batch(this.quarantined, { timestampsMs, split: batch.split, origin: batch.origin }),
    )
    this.quarantined = []
    this.eventTimes = []
  }
}
