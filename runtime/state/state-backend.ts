/** Where a stage keeps its keyed state: on the heap, or on disk. */
import type { StateChunk } from '../../topology/contract/stage.ts'
import type { KeyedState, KeyedStateDescriptor } from '../../topology/contract/state.ts'
import type { SnapshotOptions } from './chunked-snapshot.ts'
import type { KeyGroupRange } from './key-group-range.ts'

export interface StateBackendOptions extends SnapshotOptions {
  /** Number of key groups of the job. */
  readonly keyGroups: number
  /** Key groups of this subtask. @default all */
  readonly owned?: KeyGroupRange | undefined
}

/** Opens the backend of one subtask of a stage, holding nothing yet. */
export type OpenStateBackend = (options: StateBackendOptions) => StateBackend

export interface StateBackend {
  /**
   * The state of operator `uid` by the descriptor's name, with what was loaded before; called once for each.
   *
   * @throws {SluiceError} as `load` does
   */
  open<V>(uid: string, descriptor: KeyedStateDescriptor<V>): KeyedState<V>
  /**
   * Puts a checkpoint's chunk into the state it was taken from, leaving out key groups that this subtask does not own. Where
   * that is not open yet, the chunk waits for it, encoded.
   *
   * @throws {SluiceError} `STATE_CODEC_MISMATCH` when another codec, or a later version of it, wrote the chunk;
   * `STATE_CORRUPT` when its bytes cannot be what the codec wrote.
   */
  load(chunk: StateChunk): void
  /** States that chunks wait for and that nobody has opened, as `uid/name`. */
  readonly unclaimed: readonly string[]
  /**
   * The cut: what the snapshot encodes is the state of this moment, whatever is changed afterwards. Synchronous, and does
   * not look at keys. One snapshot at a time.
   *
   * @throws {SluiceError} `SNAPSHOT_RUNNING` when the one before has neither been encoded nor aborted.
   */
  startSnapshot(): KeyedSnapshot
  /** Lets go of everything; no state is used any more, and no snapshot runs. */
  close(): Promise<void>
}

/** A running snapshot. It holds on to the state of its cut until it has been encoded, has failed, or is aborted. */
export interface KeyedSnapshot {
  /**
   * Encodes all states, a few milliseconds at a time, and gives each chunk to `store` as it fills; while one is stored the
   * next fills, and no third is kept. A state without values has no chunk.
   *
   * @returns what `store` resolved to, by operator, state and key group ascending.
   * @throws {SluiceError} `SNAPSHOT_ABORTED` after `abort`; `STATE_ENCODE_FAILED` naming operator, state and key when a
   * value is not one its codec can write; whatever `store` rejects with.
   */
  encode<R>(store: (chunk: StateChunk) => R | Promise<R>): Promise<R[]>
  /** Lets go of the cut at once; harmless when the snapshot has ended. */
  abort(): void
}
