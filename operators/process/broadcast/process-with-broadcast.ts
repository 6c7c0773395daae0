/** A function of each record, of what is kept for its key, and of a small stream that every subtask knows whole. */
import type { z } from 'zod'
import type { Row } from '../../../topology/schema/index.ts'
import type { AnyStream, ElementOf, KeyedStream, Transform } from '../../../topology/stream.ts'
import { broadcast } from '../../broadcast.ts'
import type { KeyOf, ProcessOutputs, SideDeclarations, StateDeclarations, Timer } from '../process-context.ts'
import { type ProcessSettings, processNode } from '../process-node.ts'
import type { BroadcastContext, BroadcastDeclarations, KeyedBroadcastContext } from './broadcast-context.ts'

export interface ProcessWithBroadcastOptions<S, R, D, B, O extends z.ZodObject, P>
  extends Omit<ProcessSettings<KeyOf<S>, D, Row<O>, O, P>, 'onTimer'> {
  readonly output: O
  /** What is kept of the broadcast stream: the same in every subtask. */
  readonly broadcast: B
  /** Called with every record of the keyed stream, those of a key in their order. It only reads what was broadcast. */
  readonly onRecord: (record: ElementOf<S>, context: KeyedBroadcastContext<KeyOf<S>, D, B, Row<O>, P>) => void
  /**
   * Called in every subtask with every record of the broadcast stream. All must make the same of it: what it does may depend
   * on the record and on broadcast state alone. A row that it emits goes out once from each subtask.
   */
  readonly onBroadcast: (record: ElementOf<R>, context: BroadcastContext<B, Row<O>, P>) => void
  /** As for `process`; it only reads what was broadcast. */
  readonly onTimer?: (timer: Timer, context: KeyedBroadcastContext<KeyOf<S>, D, B, Row<O>, P>) => void
}

/**
 * Calls a function with every record of a keyed stream, with the state of its key and with what a second stream has told
 * every subtask: rules, thresholds, exchange rates that change while the job runs.
 *
 * The second stream is sent to every subtask, and kept in broadcast state, maps that are the same in all of them. When
 * one of its records is known to a subtask, against the records of the first, is left open. Broadcast state is written whole
 * into every checkpoint, and comes back in every subtask at any parallelism. The watermark is the lesser of both streams'.
 * Else as `process`. Keyed state: as `process` keeps; split state: what was broadcast.
 *
 * Guarantee: state is what the records before have made of it, also over crashes and rescales.
 *
 * @throws {TopologyError} as `process`; `STATE_DECLARATION` also when broadcast state is to expire.
 * @throws {OperatorError} as `process`.
 * @throws {SluiceError} `BROADCAST_READ_ONLY` when broadcast state is changed outside of `onBroadcast`.
 * @example
 * orders.pipe(
 *   keyBy('userId'),
 *   processWithBroadcast(limits, {
 *     name: 'over-limit',
 *     broadcast: { limits: mapState('limits', { key: z.string(), value: decimal(18, 2) }) },
 *     output: z.object({ userId: z.string(), amount: decimal(18, 2) }),
 *     onBroadcast: ({ currency, limit }, { broadcast }) => broadcast.limits.set(currency, limit),
 *     onRecord({ currency, amount }, { key, broadcast, emit }) {
 *       const limit = broadcast.limits.get(currency)
 *       if (limit !== undefined && amount > limit) emit({ userId: key, amount })
 *     },
 *   }),
 * )
 */
export function processWithBroadcast<
  S extends KeyedStream<any, any>,
  R extends AnyStream,
  O extends z.ZodObject,
  const B extends BroadcastDeclarations,
  const D extends StateDeclarations = Record<never, never>,
  const P extends SideDeclarations = Record<never, never>,
>(
  stream: R,
  options: ProcessWithBroadcastOptions<S, R, D, B, O, P>,
): Transform<S, S extends KeyedStream<any, any> ? ProcessOutputs<Row<O>, P> : never> {
  const node = processNode('processWithBroadcast', options as never, [['onRecord', options.onRecord as never]], {
    declarations: options.broadcast,
    onBroadcast: options.onBroadcast as never,
  })
  return (keyed) => node(keyed, broadcast()(stream))
}
