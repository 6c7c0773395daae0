/** State that holds a list per key. */
import type { z } from 'zod'
import type { KeyedStateDescriptor } from '../contract/state.ts'
import type { Row } from '../schema/row.ts'
import { checkDeclaration, declaredLayout, type VersionOptions } from './declaration.ts'
import type { Immutable } from './immutable.ts'
import { type SchemaCodec, schemaCodec } from './schema-codec.ts'
import { declaredTtl, type StateTtl, type TtlOptions } from './ttl.ts'

/**
 * The list of the current key. Each element is state of its own: appending one costs the same however many there are.
 * Elements are never changed in place: what is appended is copied.
 */
export interface ListState<V> {
  /** In the order they were appended; empty where there are none. */
  get(): Immutable<V>[]
  /** @throws {TypeError} naming the field, when the value does not fit the schema */
  append(value: Immutable<V>): void
  /** Forgets all elements. */
  clear(): void
}

export interface ListStateDescriptor<V> extends KeyedStateDescriptor<V> {
  readonly kind: 'listState'
  readonly codec: SchemaCodec<V>
  readonly ttl?: StateTtl
}

export interface ListStateOptions<S extends z.core.SomeType> extends VersionOptions<Immutable<Row<S>>>, TtlOptions {
  /** What an element is: an object, or anything else that a column can be. Refinements are not checked. */
  readonly element: S
}

/**
 * Declares state of a list per key, for `process`.
 *
 * As for `valueState`, checkpoints name it by the operator and `name`; `version` and `migrate` are those of the elements.
 *
 * @throws {TopologyError} `SCHEMA_UNSUPPORTED`, `STATE_DECLARATION` when name, version or ttl can't be.
 * @example listState('pages', { element: z.string(), ttl: { after: hours(1), time: 'event' } })
 */
export function listState<S extends z.core.SomeType>(
  name: string,
  options: ListStateOptions<S>,
): ListStateDescriptor<Row<S>> {
  const { element, version = 1, migrate } = options
  checkDeclaration(name, version)
  const codec = schemaCodec<any>({
    name: 'listState',
    version,
    layout: { value: declaredLayout(name, element) },
    migrate,
  })
  return { kind: 'listState', name, codec, ...declaredTtl(name, options) }
}
