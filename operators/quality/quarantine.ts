/** Put a whole stream in quarantine. */
import type { Operator, OperatorContext } from '../../topology/contract/operator.ts'
import { Batch } from '../../topology/element.ts'
import { type AnyStream, append, type ElementOf, type Stream, type Transform } from '../../topology/stream.ts'
import { nowMicros, QUARANTINED_FLOW, type QuarantinedRow, quarantinedRow } from './quarantined.ts'
import type { Severity } from './rule.ts'

export interface QuarantineOptions {
  /** As it is counted (`records_quarantined_total`) and written. */
  readonly rule: string
  readonly reason: string
  /** @default 'error' */
  readonly severity?: Severity
}

/**
 * Turns every record into a quarantined one: for side outputs such as the late records of `deduplicate`.
 *
 * A record with its provenance (see `bronzeLayer`) is reduced to it; another keeps its columns. Stateless.
 *
 * Guarantee: one row out for each in, in their order.
 *
 * @example late.pipe(quarantine({ rule: 'older_than_horizon', reason: 'came later than it can be deduplicated' }))
 */
export function quarantine<S extends AnyStream>(
  options: QuarantineOptions,
): Transform<S, Stream<QuarantinedRow<ElementOf<S>>>> {
  const { rule, reason, severity = 'error' } = options
  return (input) =>
    append(input, {
      kind: 'quarantine',
      parameters: { rule, reason, severity },
      behaviour: { type: 'operator', create: (context) => createQuarantine(context, rule, reason, severity) },
      columns: { out: QUARANTINED_FLOW },
      time: 'ignores',
    })
}

function createQuarantine(context: OperatorContext, rule: string, reason: string, severity: Severity): Operator {
  const counter = context.metrics.counter('records_quarantined_total', { rule })
  return {
    onBatch(batch: Batch) {
      const atMicros = nowMicros(context.clock)
      const rows = batch.values.map((row) => quarantinedRow(row, rule, reason, severity, atMicros))
      counter.add(rows.length)
      const { timestampsMs, kinds, split, origin } = batch
      context.emit('out', new Batch(rows, { timestampsMs, kinds, split, origin }))
    },
  }
}
