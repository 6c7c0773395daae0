/** A function of each record and of what is kept for its key. */
import type { z } from 'zod'
import { TopologyError } from '../../topology/errors.ts'
import type { Json } from '../../topology/json.ts'
import { fieldsOf, type Row } from '../../topology/schema/index.ts'
import { append, type ElementOf, type KeyedStream, type Stream, type Transform } from '../../topology/stream.ts'
import { keyFieldsOf } from '../key-by.ts'
import { createProcess } from './create-process.ts'
import type { KeyOf, ProcessContext, StateDeclarations } from './process-context.ts'

export interface ProcessOptions<S, D, O> {
  /** Names the operator, and with it its state in checkpoints. */
  readonly name: string
  /**
   * What is kept per key.
   *
   * @default nothing
   */
  readonly state?: D
  /**
   * The schema of the rows that go out.
   *
   * @default rows are as they come in
   */
  readonly output?: O
  /** Called with every record, those of a key in their order. When it throws, what it did with that record never was. */
  readonly onRecord: (record: ElementOf<S>, context: ProcessContext<KeyOf<S>, D, OutputOf<S, O>>) => void
}

type OutputOf<S, O> = O extends z.ZodObject ? Row<O> : ElementOf<S>

/**
 * Calls a function with every record of a keyed stream, and with the state of its key: the operator for what none of the
 * others does.
 *
 * What the function emits goes out with the event time of the record; the stream is keyed no more. State is read and
 * written synchronously, is part of every checkpoint, and comes back exactly as the records before it have left it.
 * Watermarks and barriers pass unchanged. Keyed state: what is declared; split state: the watermark.
 *
 * @throws {TopologyError} `UNKEYED`, `STATE_DECLARATION` when two states have one name.
 * @throws {OperatorError} naming the operator and the record, when the function throws, returns a promise, or keeps a value
 * that does not fit the schema of its state.
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
 */
export function process<
  S extends KeyedStream<any, any>,
  const D extends StateDeclarations = Record<never, never>,
  O extends z.ZodObject | undefined = undefined,
>(options: ProcessOptions<S, D, O>): Transform<S, S extends KeyedStream<any, any> ? Stream<OutputOf<S, O>> : never> {
  const { name, state = {}, output, onRecord } = options
  checkNames(name, Object.values<StateDeclarations[string]>(state))
  return (input) => {
    const keyFields = keyFieldsOf(input, 'process')
    return append(input, {
      uid: name,
      kind: 'process',
      parameters: {
        by: keyFields ?? 'function',
        state: Object.fromEntries(Object.values<StateDeclarations[string]>(state).map(describeState)),
      },
      behaviour: { type: 'operator', create: (context) => createProcess(context, { keyFields, state, onRecord }) },
      columns: { out: 'opaque' },
      ...(output !== undefined && { fields: fieldsOf(output) }),
      time: 'ignores',
      key: 'needs',
      stateful: true,
    })
  }
}

function describeState({ name, codec }: StateDeclarations[string]): [string, Json] {
  return [name, { kind: codec.name, version: codec.version, layout: codec.layout! }]
}

/** Checkpoints tell states apart by the name that each was declared with. */
function checkNames(uid: string, states: readonly StateDeclarations[string][]): void {
  const names = states.map((declared) => declared.name)
  const twice = names.find((name, index) => names.indexOf(name) !== index)
  if (twice === undefined) return
  throw new TopologyError('STATE_DECLARATION', `${uid} declares two states with the name "${twice}"`, {
    fix: 'Give each state of an operator a name of its own, as in valueState("total", …).',
    details: { uid, state: twice },
  })
}
