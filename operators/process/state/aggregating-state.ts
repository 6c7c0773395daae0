/** State that holds what an aggregate has gathered for a key. It is declared here, since aggregates are operators' own. */
import type { z } from 'zod'
import type { KeyedStateDescriptor } from '../../../topology/contract/state.ts'
import type { Row } from '../../../topology/schema/index.ts'
import { checkDeclaration, refused } from '../../../topology/state/declaration.ts'
import { declaredTtl, type StateTtl, type TtlOptions } from '../../../topology/state/ttl.ts'
import type { Aggregate } from '../../aggregate/aggregate.ts'

/** What one aggregate has gathered for the current key. */
export interface AggregatingState<T, R> {
  /** The result of what has been added; undefined before the first. */
  get(): R | undefined
  /** Adds a row, with the event time of the record or timer at hand. @throws {TypeError} when the aggregate refuses it */
  add(row: T): void
  /** Forgets it. */
  clear(): void
}

export interface AggregatingStateDescriptor<T, R> extends KeyedStateDescriptor<any> {
  readonly kind: 'aggregatingState'
  readonly aggregate: Aggregate<any, R>
  readonly ttl?: StateTtl
  /** For the types only: what can be added. */
  readonly row?: (row: T) => void
}

/**
 * Declares state of one aggregate per key, for `process`: any that `aggregate` takes. What is added is a row of the schema,
 * which is there for the types: rows are not checked.
 *
 * Checkpoints name it by the operator and `name`, and hold what the aggregate has gathered, as it writes it.
 *
 * @throws {TopologyError} `STATE_DECLARATION` when name or ttl can't be, or the aggregate is one of a window's bounds.
 * @example aggregatingState('longest', z.object({ user_id: z.string(), seconds: double() }), max('seconds'))
 */
export function aggregatingState<S extends z.ZodObject, R>(
  name: string,
  _row: S,
  aggregate: Aggregate<Row<S>, R>,
  options: TtlOptions = {},
): AggregatingStateDescriptor<Row<S>, R> {
  checkDeclaration(name, 1)
  if (aggregate.needsBounds) {
    throw refused(name, `${aggregate.description} is of a window, and there is none`, 'Take another aggregate.')
  }
  return { kind: 'aggregatingState', name, codec: aggregate.codec, aggregate, ...declaredTtl(name, options) }
}
