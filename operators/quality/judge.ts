/** The behaviour of `expect`: all rules over each row, then the cast. */
import type { Operator, OperatorContext } from '../../topology/contract/operator.ts'
import type { Batch } from '../../topology/element.ts'
import { pickRows, selection } from '../../topology/selection.ts'
import { userFunctionError } from '../../topology/user-function.ts'
import { type Cast, CastFailure } from './cast.ts'
import type { CompiledRule } from './rules.ts'
import { type BrokenRule, Verdicts } from './verdicts.ts'

/** The rule that a failed cast breaks. */
const SCHEMA_RULE: BrokenRule = { name: 'schema', onFail: 'quarantine', severity: 'error' }

export function createJudge(
  context: OperatorContext,
  rules: readonly CompiledRule[],
  cast: Cast | undefined,
): Operator {
  const verdicts = new Verdicts(context)

  /** Whether the row passes. */
  function passes(batch: Batch, index: number): boolean {
    const row = batch.values[index]
    for (let i = 0; i < rules.length; i++) {
      const reason = judge(rules[i]!, row)
      if (reason === undefined) continue
      if (rules[i]!.onFail !== 'warn') {
        decide(batch, index, i, reason)
        return false
      }
      verdicts.count(rules[i]!)
    }
    return true
  }

  function judge(rule: CompiledRule, row: unknown): string | undefined {
    try {
      return rule.check(row)
    } catch (error) {
      throw userFunctionError(context.uid, `rule ${rule.name}`, row, error)
    }
  }

  /** Rule `first` decides; the rules after it are asked for the reason's sake, and one that fails the job still does. */
  function decide(batch: Batch, index: number, first: number, reason: string): void {
    const others: string[] = []
    for (let i = first + 1; i < rules.length; i++) {
      const rule = rules[i]!
      const otherReason = judge(rule, batch.values[index])
      if (otherReason === undefined) continue
      if (rule.onFail === 'fail') verdicts.carryOut(rule, otherReason, batch, index)
      if (rule.onFail === 'warn') verdicts.count(rule)
      others.push(rule.name)
    }
    const whole = others.length === 0 ? reason : `${reason}; also broken: ${others.join(', ')}`
    verdicts.carryOut(rules[first]!, whole, batch, index)
  }

  return {
    onBatch(batch: Batch) {
      const picked: number[] = []
      const rows: unknown[] = []
      for (let i = 0; i < batch.length; i++) {
        if (!passes(batch, i)) continue
        if (cast !== undefined) {
          const result = cast(batch.values[i])
          if (result instanceof CastFailure) {
            verdicts.carryOut(SCHEMA_RULE, result.reason, batch, i)
            continue
          }
          rows.push(result)
        }
        picked.push(i)
      }
      if (picked.length > 0) {
        context.emit('out', cast === undefined ? pickRows(batch, picked) : selection(batch, picked, rows))
      }
      verdicts.emitQuarantined(batch)
    },
  }
}
