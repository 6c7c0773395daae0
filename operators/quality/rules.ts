/** A set of rules, fitted to the schema whose rows they judge. */
import type { z } from 'zod'
import { TopologyError } from '../../topology/errors.ts'
import { fieldsOf, type Row } from '../../topology/schema/index.ts'
import type { Field } from '../../topology/schema/types.ts'
import { checkBoolean } from '../../topology/user-function.ts'
import type { Check, OnFail, Rule, Severity, UniqueRule } from './rule.ts'

/** A rule that is ready to judge rows. */
export interface CompiledRule {
  readonly name: string
  readonly onFail: OnFail
  readonly severity: Severity
  readonly check: Check
}

/** What `expect` takes. `T` are the rows that it judges. */
export interface RuleSet<in T> {
  readonly fields: readonly Field[]
  /** In order. */
  readonly rowRules: readonly CompiledRule[]
  readonly uniqueRules: readonly UniqueRule<any>[]
  /** Type only. */
  readonly row?: (row: T) => void
}

/**
 * Rules over the rows of a schema, in the order in which they are judged.
 *
 * The schema gives the rules their types, at compile time (a rule on an unknown field, or on one of a type it can't
 * judge, is an error) and at run time: a bound for a decimal is written as people write it, `{ min: '0.01' }`.
 *
 * @throws {TopologyError} `RULE_UNFIT` when a rule doesn't fit its field, `RULE_NAME` when two have one name.
 * @example
 * const OrderRules = rules(Order, [
 *   notNull('order_id'),
 *   range('amount', { min: 0 }, { when: (order) => order.kind === 'sale', onFail: 'drop' }),
 * ])
 */
export function rules<S extends z.ZodObject>(schema: S, list: readonly Rule<NoInfer<Row<S>>>[]): RuleSet<Row<S>> {
  const fields = fieldsOf(schema)
  const byName = new Map(fields.map((field) => [field.name, field]))
  const names = list.map((rule) => rule.name)
  const twice = names.find((name, index) => names.indexOf(name) < index)
  if (twice !== undefined) {
    throw new TopologyError('RULE_NAME', `two rules are called "${twice}"`, {
      fix: "Give one of them a name of its own: { name: '…' }. Counters and quarantined rows tell rules apart by it.",
    })
  }
  const rowRules: CompiledRule[] = []
  const uniqueRules: UniqueRule<any>[] = []
  for (const rule of list) {
    if (rule.kind === 'unique') uniqueRules.push(rule)
    else {
      const { name, onFail, severity, when } = rule
      rowRules.push({ name, onFail, severity, check: onlyWhen(when, rule.compile(byName)) })
    }
  }
  return Object.freeze({ fields, rowRules, uniqueRules })
}

/** The check, for rows of which `when` is true. */
function onlyWhen(when: ((row: any) => boolean) | undefined, check: Check): Check {
  return when === undefined ? check : (row) => (checkBoolean(when(row)) ? check(row) : undefined)
}
