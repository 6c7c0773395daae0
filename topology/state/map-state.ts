/** State that holds a map per key. */
import type { z } from 'zod'
import type { KeyedStateDescriptor } from '../contract/state.ts'
import type { Key } from '../element.ts'
import { toKey } from '../key.ts'
import type { Row } from '../schema/row.ts'
import { acceptedOf, acceptorOf } from './accept-value.ts'
import { checkDeclaration, declaredLayout, refused, type VersionOptions } from './declaration.ts'
import type { Immutable } from './immutable.ts'
import { formatLayout, type Layout } from './layout.ts'
import { type SchemaCodec, schemaCodec } from './schema-codec.ts'
import { declaredTtl, type StateTtl, type TtlOptions } from './ttl.ts'

/**
 * The map of the current key. Each entry is state of its own: setting one costs the same however many there are. Keys are
 * told apart by type ('1' is not 1 is not 1n); −0 is 0. Values are never changed in place: what is set is copied, and what
 * `get` gives is only to be read.
 */
export interface MapState<K, V> {
  get(key: K): Immutable<V> | undefined
  /** @throws {TypeError} naming the field, when key or value does not fit the schema */
  set(key: K, value: Immutable<V>): void
  has(key: K): boolean
  /** Whether there was an entry. */
  delete(key: K): boolean
  /** In no order to rely on: it may be another one after a restore. Entries may be deleted meanwhile. */
  keys(): IterableIterator<K>
  /** As `keys`. */
  entries(): IterableIterator<[key: K, value: Immutable<V>]>
  /** How many entries there are. */
  readonly size: number
  /** Forgets all entries. */
  clear(): void
}

export interface MapStateDescriptor<K, V> extends KeyedStateDescriptor<V> {
  readonly kind: 'mapState'
  readonly codec: SchemaCodec<V>
  /** @throws {TypeError} when it is no key of the schema */
  acceptKey(key: unknown): K & Key
  readonly ttl?: StateTtl
}

export interface MapStateOptions<K extends z.core.SomeType, V extends z.core.SomeType>
  extends VersionOptions<Immutable<Row<V>>>,
    TtlOptions {
  /** What a key is: a string, a number, a bigint or a boolean. Keys are not migrated. */
  readonly key: K &
    (Row<K> extends Key ? unknown : { readonly 'a key is a string, number, bigint or boolean, not': Row<K> })
  /** What a value is: an object, or anything else that a column can be. Refinements are not checked. */
  readonly value: V
}

/**
 * Declares state of a map per key, for `process`.
 *
 * As for `valueState`, checkpoints name it by the operator and `name`; `version` and `migrate` are those of the values.
 *
 * @throws {TopologyError} `SCHEMA_UNSUPPORTED`, `STATE_DECLARATION` when name, version, ttl or the type of the keys can't be.
 * @example mapState('clicks', { key: z.string(), value: int() })
 */
export function mapState<K extends z.core.SomeType, V extends z.core.SomeType>(
  name: string,
  options: MapStateOptions<K, V>,
): MapStateDescriptor<Row<K>, Row<V>> {
  const { key: keySchema, value: valueSchema, version = 1, migrate } = options
  checkDeclaration(name, version)
  const key = declaredLayout(name, keySchema)
  checkKeyLayout(name, key)
  const codec = schemaCodec<any>({
    name: 'mapState',
    version,
    layout: { key, value: declaredLayout(name, valueSchema) },
    migrate,
  })
  const accept = acceptorOf(key)
  const acceptKey = (value: unknown) => toKey(acceptedOf(accept(value), 'key'))
  return { kind: 'mapState', name, codec, acceptKey, ...declaredTtl(name, options) } as MapStateDescriptor<
    Row<K>,
    Row<V>
  >
}

function checkKeyLayout(name: string, layout: Layout): void {
  if (typeof layout === 'string' && layout !== 'binary' && !layout.startsWith('fixed')) return
  throw refused(
    name,
    `${formatLayout(layout)} can't be the type of a key`,
    'A key is a string, a number, a bigint or a boolean; put several into one string.',
  )
}
