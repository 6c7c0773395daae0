/** What a rule of quality is, before and after it is fitted to a schema. */
import type { Field } from '../../topology/schema/types.ts'

/** What becomes of a record that breaks a rule. */
export type OnFail = 'warn' | 'drop' | 'quarantine' | 'fail'

export type Severity = 'info' | 'warning' | 'error' | 'critical'

export interface RuleOptions<T> {
  /**
   * `warn`: counted, and the record goes on. `drop`: counted and gone. `quarantine`: to the side output `quarantined`
   * with rule and reason. `fail`: the attempt fails.
   *
   * @default 'quarantine'
   */
  readonly onFail?: OnFail
  /** @default 'warning' where the record goes on, else 'error' */
  readonly severity?: Severity
  /** The rule holds only for records for which this returns true. @default all */
  readonly when?: (row: T) => boolean
  /** What counters and quarantined rows call it. @default kind and field: not_null(user_id) */
  readonly name?: string
}

/** Judges a row: the reason why it breaks the rule, or undefined when it doesn't. */
export type Check = (row: any) => string | undefined

interface AnyRule<T> {
  readonly name: string
  readonly onFail: OnFail
  readonly severity: Severity
  readonly when: ((row: T) => boolean) | undefined
}

/** A rule over one row. */
export interface RowRule<in T> extends AnyRule<T> {
  readonly kind: 'row'
  /** Fits the rule to the columns of the rows, while the topology is built. @throws {TopologyError} `RULE_UNFIT` */
  compile(fields: ReadonlyMap<string, Field>): Check
}

/** A rule over all rows within a horizon. */
export interface UniqueRule<in T> extends AnyRule<T> {
  readonly kind: 'unique'
  readonly field: string
  readonly withinMs: number
}

export type Rule<T> = RowRule<T> | UniqueRule<T>

/** The parts that all rules have, with their defaults. */
export function ruleBase<T>(defaultName: string, options: RuleOptions<T>): AnyRule<T> {
  const onFail = options.onFail ?? 'quarantine'
  return {
    name: options.name ?? defaultName,
    onFail,
    severity: options.severity ?? (onFail === 'warn' ? 'warning' : 'error'),
    when: options.when,
  }
}
