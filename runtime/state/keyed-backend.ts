/** What all state backends have in common: states by operator and name, chunks loaded into them, one snapshot at a time. */
import type { StateChunk } from '../../topology/contract/stage.ts'
import type { KeyedState, KeyedStateDescriptor, ValueCodec } from '../../topology/contract/state.ts'
import type { Key } from '../../topology/element.ts'
import { SluiceError } from '../../topology/errors.ts'
import { readChunk } from './chunk-form.ts'
import type { ChunkedSnapshot } from './chunked-snapshot.ts'
import { type KeyGroupRange, keyGroupRangeOf, overlaps } from './key-group-range.ts'
import type { KeyedSnapshot, StateBackend, StateBackendOptions } from './state-backend.ts'
import type { WaitingChunks } from './waiting-chunks.ts'

/** A state that knows whose it is. */
export interface NamedState<V> extends KeyedState<V> {
  readonly uid: string
  readonly name: string
  readonly codec: ValueCodec<V>
}

export abstract class KeyedBackend<S extends NamedState<any>, O extends StateBackendOptions> implements StateBackend {
  protected readonly options: O
  protected running: ChunkedSnapshot | undefined
  private readonly owned: KeyGroupRange
  private readonly states = new Map<string, S>()
  /** Those that a snapshot holds. */
  private readonly checkpointed: S[] = []
  private readonly waiting: WaitingChunks

  constructor(options: O, waiting: WaitingChunks) {
    this.options = options
    this.owned = options.owned ?? keyGroupRangeOf(0, 1, options.keyGroups)
    this.waiting = waiting
  }

  protected abstract create(uid: string, descriptor: KeyedStateDescriptor<any>): S

  /** Puts a value from a checkpoint where there is none yet. */
  protected abstract restore(state: S, namespace: number, keyGroup: number, key: Key, value: unknown): void

  protected abstract cut(states: Iterable<S>): ChunkedSnapshot

  async close(): Promise<void> {
    this.running?.abort()
    this.waiting.close()
  }

  open<V>(uid: string, descriptor: KeyedStateDescriptor<V>): KeyedState<V> {
    const id = `${uid}/${descriptor.name}`
    if (this.states.has(id)) {
      throw new SluiceError('STATE_DUPLICATE', `operator ${uid} declares the state ${descriptor.name} twice`, {
        fix: 'Give each state of an operator a name of its own.',
        details: { uid, state: descriptor.name },
      })
    }
    const state = this.create(uid, descriptor)
    this.states.set(id, state)
    if (descriptor.derived !== true) this.checkpointed.push(state)
    for (const chunk of this.waiting.take(id)) this.read(state, chunk)
    return state
  }

  load(chunk: StateChunk): void {
    if (!overlaps(this.owned, chunk)) return
    const id = `${chunk.uid}/${chunk.state}`
    const state = this.states.get(id)
    if (state === undefined) this.waiting.put(id, chunk)
    else this.read(state, chunk)
  }

  get unclaimed(): readonly string[] {
    return this.waiting.states()
  }

  startSnapshot(): KeyedSnapshot {
    if (this.running !== undefined && !this.running.ended) {
      throw new SluiceError('SNAPSHOT_RUNNING', 'a snapshot was started before the one before it had ended', {
        fix: 'Await its encode, or abort it first.',
      })
    }
    this.running = this.cut(this.checkpointed)
    return this.running
  }

  private read(state: S, chunk: StateChunk): void {
    const { first, last } = this.owned
    readChunk(state, chunk, (namespace, keyGroup, key, value) => {
      if (keyGroup >= first && keyGroup <= last) this.restore(state, namespace, keyGroup, key, value)
    })
  }
}
