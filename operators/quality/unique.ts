/** The behaviour of the rule `unique`. */
import type { OperatorFactory } from '../../topology/contract/operator.ts'
import { pickRows } from '../../topology/selection.ts'
import { checkBoolean, userFunctionError } from '../../topology/user-function.ts'
import { createFirstSeen, Verdict } from '../first-seen.ts'
import { formatHorizon } from './horizon-text.ts'
import type { UniqueRule } from './rule.ts'
import { Verdicts } from './verdicts.ts'

/** @throws {TopologyError} `HORIZON` while the topology is built. */
export function createUnique(rule: UniqueRule<any>): OperatorFactory {
  const { field, withinMs, when, name } = rule
  const open = createFirstSeen({ uid: name, withinMs })
  const horizon = formatHorizon(withinMs)
  const reasons = {
    [Verdict.duplicate]: `${field} is not unique within ${horizon}`,
    [Verdict.late]: `${field} can't be told to be unique: the record is more than ${horizon} behind the watermark`,
  }
  return (context) => {
    const seen = open(context)
    const verdicts = new Verdicts(context)
    const applies = (row: unknown) => {
      try {
        return when === undefined || checkBoolean(when(row))
      } catch (error) {
        throw userFunctionError(context.uid, `rule ${name}`, row, error)
      }
    }
    return {
      onBatch(batch) {
        const picked: number[] = []
        for (let i = 0; i < batch.length; i++) {
          const verdict = applies(batch.values[i]) ? seen.judge(batch, i) : Verdict.first
          if (verdict === Verdict.first) picked.push(i)
          else if (rule.onFail === 'warn') {
            verdicts.count(rule)
            picked.push(i)
          } else {
            verdicts.carryOut(rule, reasons[verdict], batch, i)
          }
        }
        if (picked.length > 0) context.emit('out', pickRows(batch, picked))
        verdicts.emitQuarantined(batch)
      },
      onWatermark(watermark) {
        seen.advance(watermark.timestampMs)
        return watermark
      },
    }
  }
}
