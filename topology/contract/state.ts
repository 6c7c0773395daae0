/** Keyed state as operators see it: synchronous in every backend, so that chains stay fused. */
import type { Key } from '../element.ts'
import type { Json } from '../json.ts'

/** In which form values were written: kept with every chunk of a state. */
export interface CodecForm {
  readonly name: string
  /** Rises with every change of the form. */
  readonly version: number
  /** Of a form that follows from a schema: what tells the bytes apart once the schema has changed. */
  readonly layout?: Json
}

/** Writes and reads one value of a state, byte by byte. */
export interface ValueCodec<V> extends CodecForm {
  write(writer: ByteWriter, value: V): void
  /** Reads what `write` wrote. */
  read(reader: ByteReader): V
  /** A copy that later changes to `value` do not reach. Values that are never changed in place return themselves. */
  copy(value: V): V
  /**
   * How to read what was written in another form of this name, never that of a later version: asked once per chunk. Left
   * out, a codec reads its own form only.
   *
   * @throws {SluiceError} saying what differs, when it can't be read; whoever restores adds operator and state.
   */
  readerOf?(written: CodecForm): (reader: ByteReader) => V
}

export interface ByteWriter {
  uint8(value: number): void
  /** Unsigned LEB128, below 2^53. */
  varint(value: number): void
  float64(value: number): void
  int64(value: bigint): void
  /** Any bigint, length first. */
  bigint(value: bigint): void
  /** Lone surrogates included. */
  string(value: string): void
  bytes(value: Uint8Array): void
  /** Any key, with its type tag. */
  key(value: Key): void
}

export interface ByteReader {
  uint8(): number
  varint(): number
  float64(): number
  int64(): bigint
  bigint(): bigint
  string(): string
  bytes(): Uint8Array
  key(): Key
}

export interface KeyedStateDescriptor<V> {
  /** Unique within the operator; names the state in checkpoints. */
  readonly name: string
  readonly codec: ValueCodec<V>
  /**
   * It follows from other state, and whoever declares it makes it again from what is restored: no snapshot holds it.
   *
   * @default false
   */
  readonly derived?: boolean
}

/**
 * A table of values by (namespace, key group, key). The namespace is a number an operator chooses: a window's start, or 0.
 * A snapshot is consistent with the moment of the barrier and does not stop the loop: a value changed while one runs is
 * copied first. So values from `get` must not be changed in place; `update` hands out one that may be, until control
 * returns to the runtime.
 */
export interface KeyedState<V> {
  get(namespace: number, keyGroup: number, key: Key): V | undefined
  set(namespace: number, keyGroup: number, key: Key, value: V): void
  /** The value, free to be changed in place during this call of the operator; undefined when there is none. */
  update(namespace: number, keyGroup: number, key: Key): V | undefined
  delete(namespace: number, keyGroup: number, key: Key): boolean
  /** Namespaces that hold anything, ascending. */
  namespaces(): number[]
  /**
   * Every entry of a namespace. The namespace must not change meanwhile; that of a derived state may be read on in later
   * calls of the operator.
   */
  entries(namespace: number): Iterable<readonly [keyGroup: number, key: Key, value: V]>
  /** Drops a namespace whole. */
  drop(namespace: number): void
  /** How many values it holds. */
  readonly size: number
}

/** State that is not keyed: a list of entries which the coordinator deals out again after a rescale. */
export interface SplitStateHandle {
  /** What the restored checkpoint held; empty at a first start. */
  readonly restored: ReadonlyMap<string, Json>
  /** Asked at every barrier for what the checkpoint shall hold. */
  onSnapshot(entries: () => ReadonlyMap<string, Json>): void
}

export interface StateStore {
  keyed<V>(descriptor: KeyedStateDescriptor<V>): KeyedState<V>
  /** @throws {SluiceError} `STATE_DECLARATION` when the name is empty or has a "/" */
  split(name: string): SplitStateHandle
}
