/** A function of each record and of what is kept for its key. */
import type { z } from 'zod'
import type { Row } from '../../topology/schema/index.ts'
import type { ElementOf, KeyedStream, Transform } from '../../topology/stream.ts'
import type { KeyOf, ProcessContext, ProcessOutputs, SideDeclarations, StateDeclarations } from './process-context.ts'
import { type ProcessSettings, processNode } from './process-node.ts'

export interface ProcessOptions<S, D, O, P = Record<never, never>>
  extends ProcessSettings<KeyOf<S>, D, OutputOf<S, O>, O, P> {
  /** Called with every record, those of a key in their order. When it throws, what it did with that record never was. */
  readonly onRecord: (record: ElementOf<S>, context: ProcessContext<KeyOf<S>, D, OutputOf<S, O>, P>) => void
}

type OutputOf<S, O> = O extends z.ZodObject ? Row<O> : ElementOf<S>

/**
 * Calls a function with every record of a keyed stream, and with the state of its key: the operator for what none of the
 * others does.
 *
 * What the function emits goes out with the event time of the record, or of the timer; the stream is keyed no more. State
 * is read and written synchronously, is part of every checkpoint, and comes back exactly as the records before it have left
 * it; so are timers. Watermarks and barriers pass unchanged, a watermark behind the event-time timers that it has made due.
 * What a processing-time timer emits happens, in event time, 1 ms after the watermark. Keyed state: what is declared, and
 * the timers; split state: the watermark.
 *
 * Guarantee: state is what the records before have made of it, also over crashes and rescales.
 *
 * @throws {TopologyError} `UNKEYED`, `STATE_DECLARATION` when two states have one name, `SIDE_OUTPUT_COLLISION`.
 * @throws {OperatorError} naming the operator and the record, when a function throws, returns a promise, sets a timer for
 * no time, emits nothing, or keeps a value that does not fit the schema of its state.
 * @example
 * purchases.pipe(
 *   keyBy('user_id'),
 *   process({
 *     name: 'spending',
 *     state: { total: valueState('total', { schema: decimal(18, 2), default: 0n }) },
 *     output: z.object({ user_id: z.string(), total: decimal(18, 2) }),
 *     onRecord({ amount }, { key, state, emit }) {
 *       const total = state.total.update((sum) => sum + amount)
 *       emit({ user_id: key, total })
 *     },
 *   }),
 * )
 * @example
 * const { out: orders, unpaid } = events.pipe(
 *   keyBy('order_id'),
 *   process({
 *     name: 'payment-deadline',
 *     state: { paid: valueState('paid', { schema: z.boolean(), default: false }) },
 *     sides: { unpaid: z.object({ order_id: z.string() }) },
 *     onRecord(event, { state, timers, timestampMs, emit }) {
 *       if (event.action === 'payment') state.paid.set(true)
 *       else timers.eventTime(timestampMs! + hours(1))
 *       emit(event)
 *     },
 *     onTimer(_timer, { key, state, emitTo }) {
 *       if (!state.paid.get()) emitTo('unpaid', { order_id: key })
 *       state.paid.clear()
 *     },
 *   }),
 * )
 */
export function process<
  S extends KeyedStream<any, any>,
  const D extends StateDeclarations = Record<never, never>,
  O extends z.ZodObject | undefined = undefined,
  const P extends SideDeclarations = Record<never, never>,
>(
  options: ProcessOptions<S, D, O, P>,
): Transform<S, S extends KeyedStream<any, any> ? ProcessOutputs<OutputOf<S, O>, P> : never> {
  return processNode('process', options as never, [['onRecord', options.onRecord as never]])
}
