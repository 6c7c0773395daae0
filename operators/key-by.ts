/** Partition a stream by key. */
import type { Key } from '../topology/element.ts'
import { TopologyError } from '../topology/errors.ts'
import type { Node } from '../topology/graph.ts'
import {
  append,
  type ElementOf,
  type Flat,
  type KeyedLike,
  type StreamHandle,
  type Transform,
} from '../topology/stream.ts'
import type { FieldOf } from './field-of.ts'

/**
 * Gives each record its key: records of one key meet in one subtask, in the order of their subtask before.
 *
 * By fields, which lineage and exchanges can see and which become the key's columns in results; or by a function, whose
 * value becomes the column `key`. Keys are told apart by type ('1' is not 1 is not 1n); −0 is 0. Stateless.
 *
 * Guarantee: records of one key meet in one subtask; those of one subtask before keep their order.
 *
 * @throws {OperatorError} when a key is null, undefined, NaN or no primitive.
 * @example orders.pipe(keyBy('userId'))
 * @example orders.pipe(keyBy((order) => order.email.toLowerCase()))
 */
export function keyBy<S extends StreamHandle, K extends Key>(
  fn: (value: ElementOf<S>) => K,
): Transform<S, KeyedLike<S, { key: K }>>
// The last overload is the one that errors quote.
export function keyBy<
  S extends StreamHandle,
  const F extends readonly [FieldOf<ElementOf<S>, Key>, ...FieldOf<ElementOf<S>, Key>[]],
>(...fields: F): Transform<S, KeyedLike<S, Flat<Pick<ElementOf<S>, F[number]>>>>
export function keyBy(
  first: string | ((value: any) => Key),
  ...others: string[]
): Transform<StreamHandle, StreamHandle> {
  const fields = typeof first === 'string' ? [first, ...others] : undefined
  return (input) => keyByFields(input, fields ?? (first as (value: any) => Key))
}

/** The node that `keyBy` and operators with a partitioning of their own put before them. */
export function keyByFields(input: StreamHandle, key: readonly string[] | ((value: any) => Key)): StreamHandle {
  const byFields = typeof key !== 'function'
  return append(input, {
    kind: 'keyBy',
    parameters: { by: byFields ? key : 'function' },
    behaviour: byFields ? { type: 'key', fields: key } : { type: 'key', fn: key },
    columns: { out: 'same' },
    time: 'ignores',
    key: 'gives',
  })
}

/**
 * The fields by which a keyed stream is keyed, or undefined when it is by a function; `operator` is who needs them.
 *
 * @throws {TopologyError} `UNKEYED`, where the types did not stop it: plain JavaScript, `any`.
 */
export function keyFieldsOf(stream: StreamHandle, operator: string): readonly string[] | undefined {
  let node: Node | undefined = stream.origin.node
  // What keeps the key (filter, branch, eventTime) may stand between.
  while (node !== undefined && node.behaviour.type !== 'key') {
    node = node.key === 'keeps' ? node.inputs[0]?.node : undefined
  }
  if (node?.behaviour.type === 'key') return 'fields' in node.behaviour ? node.behaviour.fields : undefined
  throw new TopologyError('UNKEYED', `${operator}() works per key, and ${stream.origin.node.id} is not keyed`, {
    fix: `Put keyBy('field') before ${operator}().`,
    details: { uid: stream.origin.node.id },
  })
}
