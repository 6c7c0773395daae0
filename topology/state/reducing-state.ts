/** State that holds what a function has made of the values of a key. */
import type { z } from 'zod'
import type { KeyedStateDescriptor } from '../contract/state.ts'
import type { Row } from '../schema/row.ts'
import { checkDeclaration, declaredLayout, type VersionOptions } from './declaration.ts'
import type { Immutable } from './immutable.ts'
import { type SchemaCodec, schemaCodec } from './schema-codec.ts'
import { declaredTtl, type StateTtl, type TtlOptions } from './ttl.ts'

/** One value of the current key, to which others are added. */
export interface ReducingState<V> {
  /** What all values have come to; undefined before the first. */
  get(): Immutable<V> | undefined
  /** @throws {TypeError} naming the field, when the value, or what `reduce` makes of it, does not fit the schema */
  add(value: Immutable<V>): void
  /** Forgets them. */
  clear(): void
}

/** Makes one value of two; the ones that it is given stay as they are. */
export type Reduce<V> = (a: Immutable<V>, b: Immutable<V>) => Immutable<V>

export interface ReducingStateDescriptor<V> extends KeyedStateDescriptor<V> {
  readonly kind: 'reducingState'
  readonly codec: SchemaCodec<V>
  // A method, so that the descriptor of one type is one of any.
  reduce(a: Immutable<V>, b: Immutable<V>): Immutable<V>
  readonly ttl?: StateTtl
}

export interface ReducingStateOptions<S extends z.core.SomeType> extends VersionOptions<Immutable<Row<S>>>, TtlOptions {
  /** What a value is: an object, or anything else that a column can be. Refinements are not checked. */
  readonly schema: S
  readonly reduce: Reduce<Row<S>>
}

/**
 * Declares state of one value per key that grows by a function, for `process`.
 *
 * As for `valueState`, checkpoints name it by the operator and `name`.
 *
 * @throws {TopologyError} `SCHEMA_UNSUPPORTED`, `STATE_DECLARATION` when name, version or ttl can't be.
 * @example reducingState('highest', { schema: double(), reduce: (a, b) => Math.max(a, b) })
 */
export function reducingState<S extends z.core.SomeType>(
  name: string,
  options: ReducingStateOptions<S>,
): ReducingStateDescriptor<Row<S>> {
  const { schema, reduce, version = 1, migrate } = options
  checkDeclaration(name, version)
  const codec = schemaCodec<any>({
    name: 'reducingState',
    version,
    layout: { value: declaredLayout(name, schema) },
    migrate,
  })
  return { kind: 'reducingState', name, codec, reduce, ...declaredTtl(name, options) }
}
