/** The node of a join: two keyed inputs, the left one first. */
import type { OperatorFactory } from '../../topology/contract/operator.ts'
import { TopologyError } from '../../topology/errors.ts'
import type { NodeSpec } from '../../topology/graph.ts'
import type { Json } from '../../topology/json.ts'
import { appendWithSides, type StreamHandle } from '../../topology/stream.ts'
import { keyFieldsOf } from '../key-by.ts'
import type { JoinOptions, JoinType } from './join-options.ts'

export interface JoinPlan {
  /** The operator as users call it: names the uid, where the options don't. */
  readonly kind: string
  readonly options: JoinOptions<any, any, JoinType, any>
  readonly parameters: Readonly<Record<string, Json>>
  readonly create: OperatorFactory
}

/**
 * What every join's node is.
 *
 * @throws {TopologyError} `UNKEYED`, `JOIN_KEY` when the sides are keyed by another number of fields
 */
export function joinSpec(
  left: StreamHandle,
  right: StreamHandle,
  { kind, options, parameters, create }: JoinPlan,
): NodeSpec {
  const by = [left, right].map((side) => keyFieldsOf(side, kind) ?? 'function')
  const fields = by.map((each) => (each === 'function' ? 1 : each.length))
  const uid = options.name ?? `${kind}(${by.map((each) => (each === 'function' ? each : each.join(','))).join('=')})`
  if (fields[0] !== fields[1]) {
    throw new TopologyError('JOIN_KEY', `${uid}: its sides are keyed by ${fields[0]} and ${fields[1]} fields`, {
      fix: 'Key both sides by as many fields, in the order in which they are to be equal.',
      details: { uid },
    })
  }
  return {
    uid,
    kind,
    parameters: { type: options.type ?? 'inner', left: by[0]!, right: by[1]!, ...parameters },
    behaviour: { type: 'operator', create },
    columns: { out: 'opaque' },
    key: 'needs',
    stateful: true,
  }
}

/** Adds the node of a join in event time, for whose sides rows can come too late. @throws as `joinSpec` */
export function appendTimedJoin<R extends { readonly out: StreamHandle }>(
  left: StreamHandle,
  right: StreamHandle,
  plan: JoinPlan,
): R {
  return appendWithSides<R>([left, right], {
    ...joinSpec(left, right, plan),
    sideOutputs: ['lateLeft', 'lateRight'],
    shouldConnect: ['lateLeft', 'lateRight'],
    time: 'needs',
  })
}
