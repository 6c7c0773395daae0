/** Judge records by rules: what breaks one is counted, dropped, put in quarantine, or fails the job. */
import type { z } from 'zod'
import type { ColumnFlow } from '../../topology/graph.ts'
import { fieldsOf, type Row } from '../../topology/schema/index.ts'
import {
  type AnyStream,
  append,
  appendWithSides,
  type ElementOf,
  type Stream,
  type Transform,
} from '../../topology/stream.ts'
import { keyByFields } from '../key-by.ts'
import { createCast } from './cast.ts'
import { createJudge } from './judge.ts'
import { QUARANTINED_FLOW, type QuarantinedRow } from './quarantined.ts'
import type { UniqueRule } from './rule.ts'
import type { CompiledRule, RuleSet } from './rules.ts'
import { createUnique } from './unique.ts'

/** The schema, if every column of it is in `T`; else the columns that aren't, to be read in the error. */
export type CastableFrom<T, A extends z.ZodObject> = keyof Row<A> extends keyof T
  ? A
  : { readonly 'columns that the stream has not': Exclude<keyof Row<A>, keyof T> }

/** What `expect` makes of a stream: the records that passed, and those in quarantine. */
export interface ExpectOutputs<T, O> {
  readonly out: Stream<O>
  readonly quarantined: Stream<QuarantinedRow<T>>
}

/**
 * Judges every record by every rule, in order, and counts each that is broken (`records_warned_total`,
 * `records_dropped_total`, `records_quarantined_total`, by rule).
 *
 * The first broken rule that is no warning decides what becomes of the record; the reason tells its own, and names the
 * other rules broken. `unique` rules come after all others, on the records that passed them.
 *
 * With `as`, records that passed become rows of another schema: its columns, by name, converted exactly (ISO 8601 text to
 * timestamps and dates, decimals to fewer digits when none is lost) and checked for null. What has no counterpart goes
 * into quarantine under the rule `schema`.
 *
 * Event times and watermarks pass unchanged. Stateless, but for `unique` (see `deduplicate`).
 *
 * Guarantee: each record passes, goes into quarantine, or is counted as dropped.
 *
 * @throws {OperatorError} naming rule and record, when a rule with `fail` is broken or a rule's function throws.
 * @example
 * const { out: silver, quarantined } = bronze.pipe(expect(SilverRules, { as: SilverEvent }))
 */
export function expect<S extends AnyStream>(
  rules: RuleSet<ElementOf<S>>,
): Transform<S, ExpectOutputs<ElementOf<S>, ElementOf<S>>>
export function expect<S extends AnyStream, A extends z.ZodObject>(
  rules: RuleSet<ElementOf<S>>,
  options: { readonly as: A & CastableFrom<ElementOf<S>, A> },
): Transform<S, ExpectOutputs<ElementOf<S>, Row<A>>>
export function expect(
  rules: RuleSet<never>,
  options: { readonly as?: z.ZodObject } = {},
): Transform<AnyStream, ExpectOutputs<any, any>> {
  return (input) => {
    const cast = options.as
    const castLast = cast !== undefined && rules.uniqueRules.length > 0
    const judged = judge(input, rules, rules.rowRules, castLast ? undefined : cast)
    const steps = [judged]
    for (const rule of rules.uniqueRules) steps.push(beUnique(steps.at(-1)!.out, rule))
    // The cast drops columns, such as raw_payload, that quarantine has to keep: it comes behind all rules.
    if (castLast) steps.push(judge(steps.at(-1)!.out, rules, [], cast))
    const refused = steps.map((step) => step.quarantined)
    const quarantined =
      refused.length === 1
        ? refused[0]!
        : append<Stream<any>>(refused, { kind: 'union', behaviour: { type: 'union' }, columns: { out: 'same' } })
    return Object.freeze({ out: steps.at(-1)!.out, quarantined })
  }
}

type Step = ExpectOutputs<any, any>

function judge(
  input: AnyStream,
  set: RuleSet<never>,
  rules: readonly CompiledRule[],
  as: z.ZodObject | undefined,
): Step {
  const target = as && fieldsOf(as)
  const cast = target && createCast(set.fields, target)
  return appendWithSides<Step>(input, {
    kind: 'expect',
    parameters: {
      rules: rules.map(({ name, onFail, severity }) => ({ name, onFail, severity })),
      ...(target && { as: target.map((field) => field.name) }),
    },
    behaviour: { type: 'operator', create: (context) => createJudge(context, rules, cast) },
    sideOutputs: ['quarantined'],
    shouldConnect: ['quarantined'],
    columns: {
      out: target ? sameNames(target.map((field) => field.name)) : 'same',
      quarantined: QUARANTINED_FLOW,
    },
    time: 'ignores',
    ...(target && { fields: target }),
  })
}

function beUnique(input: AnyStream, rule: UniqueRule<any>): Step {
  const create = createUnique(rule)
  const keyed = keyByFields(input, [rule.field])
  return appendWithSides<Step>(keyed, {
    uid: rule.name,
    kind: 'unique',
    parameters: { by: rule.field, withinMs: rule.withinMs, onFail: rule.onFail, severity: rule.severity },
    behaviour: { type: 'operator', create },
    sideOutputs: ['quarantined'],
    shouldConnect: ['quarantined'],
    columns: { out: 'same', quarantined: QUARANTINED_FLOW },
    time: 'needs',
    key: 'needs',
    stateful: true,
  })
}

function sameNames(names: readonly string[]): ColumnFlow {
  return Object.fromEntries(names.map((name) => [name, [name]]))
}
