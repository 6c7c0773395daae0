/** State that holds one value per key. */
import type { z } from 'zod'
import type { KeyedStateDescriptor } from '../contract/state.ts'
import type { Row } from '../schema/row.ts'
import { checkDeclaration, declaredLayout, refused, type VersionOptions } from './declaration.ts'
import type { Immutable } from './immutable.ts'
import { type SchemaCodec, schemaCodec } from './schema-codec.ts'
import { declaredTtl, type StateTtl, type TtlOptions } from './ttl.ts'

/**
 * The value of the current key. Values are never changed in place: what is set is copied, and what `get` gives is only to
 * be read. `Absent` is undefined, or never where the state has a default.
 */
export interface ValueState<V, Absent = undefined> {
  /** The value; where the key has none, the default, or undefined. */
  get(): Immutable<V> | Absent
  /** @throws {TypeError} naming the field, when the value does not fit the schema */
  set(value: Immutable<V>): void
  /** Sets what `fn` makes of `get()`, and returns it: `total.update((sum) => sum + order.amount)`. */
  update(fn: (value: Immutable<V> | Absent) => Immutable<V>): Immutable<V>
  /** Forgets the value. */
  clear(): void
}

export interface ValueStateDescriptor<V, Absent = undefined> extends KeyedStateDescriptor<V> {
  readonly kind: 'valueState'
  readonly codec: SchemaCodec<V>
  /** What `get` gives where there is no value. */
  readonly absent: Immutable<V> | Absent
  readonly ttl?: StateTtl
}

export interface ValueStateOptions<S extends z.core.SomeType> extends VersionOptions<Immutable<Row<S>>>, TtlOptions {
  /** What a value is: an object, or anything else that a column can be. Refinements are not checked. */
  readonly schema: S
}

/**
 * Declares state of one value per key, for `process`.
 *
 * In checkpoints it is named by the operator and `name`, and is written as its schema says, with the schema's layout and
 * version: a job whose schema has changed since reads it, asks `migrate`, or says which fields differ.
 *
 * @throws {TopologyError} `SCHEMA_UNSUPPORTED`, `STATE_DECLARATION` when name, version, default or ttl can't be.
 * @example valueState('total', { schema: decimal(18, 2), default: 0n })
 * @example
 * valueState('visits', {
 *   schema: z.object({ count: long(), lastPage: z.string() }),
 *   version: 2,
 *   migrate: (value, fromVersion) => (fromVersion === 1 ? { count: value.count, lastPage: '' } : value),
 * })
 */
export function valueState<S extends z.core.SomeType>(
  name: string,
  options: ValueStateOptions<S> & { readonly default: Immutable<Row<S>> },
): ValueStateDescriptor<Row<S>, never>
export function valueState<S extends z.core.SomeType>(
  name: string,
  options: ValueStateOptions<S>,
): ValueStateDescriptor<Row<S>>
export function valueState<S extends z.core.SomeType>(
  name: string,
  options: ValueStateOptions<S> & { readonly default?: Immutable<Row<S>> },
): ValueStateDescriptor<Row<S>> {
  const { schema, version = 1, migrate } = options
  checkDeclaration(name, version)
  const codec = schemaCodec<any>({
    name: 'valueState',
    version,
    layout: { value: declaredLayout(name, schema) },
    migrate,
  })
  const absent = acceptedDefault(name, codec, options.default)
  return { kind: 'valueState', name, codec, absent, ...declaredTtl(name, options) }
}

function acceptedDefault<V>(name: string, codec: SchemaCodec<V>, value: unknown): Immutable<V> | undefined {
  if (value === undefined) return undefined
  try {
    return codec.accept(value) as Immutable<V>
  } catch (error) {
    throw refused(
      name,
      `its default is no value of its schema: ${(error as Error).message}`,
      'Give a default that fits.',
    )
  }
}
