/** Side outputs: send each record where it belongs. */
import type { Operator, OperatorContext } from '../topology/contract/operator.ts'
import type { Batch } from '../topology/element.ts'
import { TopologyError } from '../topology/errors.ts'
import { pickRows } from '../topology/selection.ts'
import { appendWithSides, type ElementOf, type Flat, type StreamHandle, type Transform } from '../topology/stream.ts'
import { checkBoolean, userFunctionError } from '../topology/user-function.ts'

/**
 * Sends each record to the side output of the first predicate that returns true for it, and what no predicate wants to
 * `out`.
 *
 * Every record leaves by exactly one output. Watermarks and barriers go to all of them; keying is preserved. Stateless.
 *
 * Guarantee: each record leaves by one output, and records keep their order.
 *
 * @throws {TopologyError} `BRANCH_NAME` when a side output is called `out`, or there is none.
 * @throws {OperatorError} naming the operator, the branch and the record, when a predicate throws or returns no boolean.
 * @example const { refunds, out: others } = events.pipe(branch({ refunds: (event) => event.action === 'refund' }))
 */
export function branch<S extends StreamHandle, N extends string>(
  predicates: Readonly<Record<N, (value: ElementOf<S>) => boolean>>,
): Transform<S, Flat<{ readonly out: S } & { readonly [K in N]: S }>> {
  const names = Object.keys(predicates) as N[]
  if (names.length === 0 || names.includes('out' as N)) {
    throw new TopologyError('BRANCH_NAME', 'branch() needs side outputs, and none of them called "out"', {
      fix: 'Name what each predicate lets through; "out" is what no predicate wants.',
    })
  }
  return (input) =>
    appendWithSides(input, {
      kind: 'branch',
      parameters: { branches: names },
      behaviour: { type: 'operator', create: (context) => createBranch(context, Object.entries(predicates)) },
      sideOutputs: names,
      columns: Object.fromEntries(['out', ...names].map((port) => [port, 'same'])),
      time: 'ignores',
      key: 'keeps',
      changes: 'keeps',
    })
}

type Predicate = (value: unknown) => boolean

function createBranch(context: OperatorContext, branches: readonly (readonly [string, unknown])[]): Operator {
  const names = [...branches.map(([name]) => name), 'out']
  const predicates = branches.map(([, predicate]) => predicate as Predicate)

  /** The branch of a record; the number of branches when no predicate wants it. */
  function branchOf(row: unknown): number {
    for (let i = 0; i < predicates.length; i++) {
      try {
        if (checkBoolean(predicates[i]!(row))) return i
      } catch (error) {
        throw userFunctionError(context.uid, `branch "${names[i]}"`, row, error)
      }
    }
    return predicates.length
  }

  return {
    onBatch(batch: Batch) {
      const rows = batch.values
      const picked: number[][] = names.map(() => [])
      for (let i = 0; i < rows.length; i++) picked[branchOf(rows[i])]!.push(i)
      for (let i = 0; i < names.length; i++) {
        if (picked[i]!.length > 0) context.emit(names[i]!, pickRows(batch, picked[i]!))
      }
    },
  }
}
