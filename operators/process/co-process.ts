/** Functions of the records of two streams, and of what is kept for their common key. */
import type { z } from 'zod'
import type { Row } from '../../topology/schema/index.ts'
import type { ElementOf, KeyedStream, Transform } from '../../topology/stream.ts'
import type { Joinable } from '../join/join-options.ts'
import type { KeyOf, ProcessContext, ProcessOutputs, SideDeclarations, StateDeclarations } from './process-context.ts'
import { type ProcessSettings, processNode } from './process-node.ts'

export interface CoProcessOptions<L, R, D, O extends z.ZodObject, P>
  extends ProcessSettings<KeyOf<L>, D, Row<O>, O, P> {
  readonly output: O
  /** Called with every record of the left stream, those of a key in their order. */
  readonly onLeft: (record: ElementOf<L>, context: ProcessContext<KeyOf<L>, D, Row<O>, P>) => void
  /** Called with every record of the right stream, those of a key in their order. */
  readonly onRight: (record: ElementOf<R>, context: ProcessContext<KeyOf<L>, D, Row<O>, P>) => void
}

/**
 * Calls a function with every record of two keyed streams, one for each, with the state of the key that both share: what a
 * join does not do.
 *
 * In which order the records of the two streams meet is left open; those of one stream and key keep theirs. The watermark is
 * the lesser of both. Else as `process`: state, timers, side outputs and guarantees. Keyed state: as `process` keeps.
 *
 * Guarantee: state is what the records before have made of it, also over crashes and rescales.
 *
 * @throws {TopologyError} as `process`; `JOIN_KEY` when the streams are keyed by another number of fields.
 * @throws {OperatorError} as `process`.
 * @example
 * payments.pipe(
 *   keyBy('order_id'),
 *   coProcess(deliveries.pipe(keyBy('order_id')), {
 *     name: 'paid-and-delivered',
 *     state: { amount: valueState('amount', { schema: decimal(18, 2) }) },
 *     output: z.object({ order_id: z.string(), amount: decimal(18, 2) }),
 *     onLeft: ({ amount }, { state }) => state.amount.set(amount),
 *     onRight(_delivery, { key, state, emit }) {
 *       const amount = state.amount.get()
 *       if (amount !== undefined) emit({ order_id: key, amount })
 *     },
 *   }),
 * )
 */
export function coProcess<
  L extends KeyedStream<any, any>,
  R extends KeyedStream<any, any>,
  O extends z.ZodObject,
  const D extends StateDeclarations = Record<never, never>,
  const P extends SideDeclarations = Record<never, never>,
>(
  right: R & Joinable<L, R>,
  options: CoProcessOptions<L, R, D, O, P>,
): Transform<L, L extends KeyedStream<any, any> ? ProcessOutputs<Row<O>, P> : never> {
  const node = processNode('coProcess', options as never, [
    ['onLeft', options.onLeft as never],
    ['onRight', options.onRight as never],
  ])
  return (left) => node(left, right)
}
