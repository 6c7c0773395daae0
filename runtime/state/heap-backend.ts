/** The state backend that keeps everything on the heap. */
import type { StateChunk } from '../../topology/contract/stage.ts'
import type { KeyedState, KeyedStateDescriptor } from '../../topology/contract/state.ts'
import { SluiceError } from '../../topology/errors.ts'
import { readChunk } from './chunk-form.ts'
import { HeapKeyedState } from './heap-keyed-state.ts'
import { HeapSnapshot, type HeapSnapshotOptions } from './heap-snapshot.ts'
import { type KeyGroupRange, keyGroupRangeOf } from './key-group-range.ts'
import type { KeyedSnapshot, StateBackend } from './state-backend.ts'

export interface HeapBackendOptions extends HeapSnapshotOptions {
  /** Number of key groups of the job. */
  readonly keyGroups: number
  /** Key groups of this subtask. @default all */
  readonly owned?: KeyGroupRange | undefined
}

/**
 * About 80 bytes a key for short strings and numbers. A snapshot freezes the maps and lets changes collect beside them,
 * so that the cut takes a fraction of a millisecond at a million keys, and no slice of encoding more than a few.
 */
export class HeapStateBackend implements StateBackend {
  private readonly options: HeapBackendOptions
  private readonly owned: KeyGroupRange
  private readonly states = new Map<string, HeapKeyedState<any>>()
  private running: HeapSnapshot | undefined

  constructor(options: HeapBackendOptions) {
    this.options = options
    this.owned = options.owned ?? keyGroupRangeOf(0, 1, options.keyGroups)
  }

  open<V>(uid: string, descriptor: KeyedStateDescriptor<V>): KeyedState<V> {
    const id = `${uid}/${descriptor.name}`
    if (this.states.has(id)) {
      throw new SluiceError('STATE_DUPLICATE', `operator ${uid} declares the state ${descriptor.name} twice`, {
        fix: 'Give each state of an operator a name of its own.',
        details: { uid, state: descriptor.name },
      })
    }
    const state = new HeapKeyedState(uid, descriptor, this.options.keyGroups)
    this.states.set(id, state)
    return state
  }

  load(chunk: StateChunk): void {
    const state = this.states.get(`${chunk.uid}/${chunk.state}`)
    if (state === undefined) throw new Error(`state ${chunk.state} of ${chunk.uid} is loaded before it is opened`)
    const { first, last } = this.owned
    readChunk(state, chunk, (namespace, keyGroup, key, value) => {
      if (keyGroup >= first && keyGroup <= last) state.set(namespace, keyGroup, key, value)
    })
  }

  startSnapshot(): KeyedSnapshot {
    if (this.running !== undefined && !this.running.ended) {
      throw new SluiceError('SNAPSHOT_RUNNING', 'a snapshot was started before the one before it had ended', {
        fix: 'Await its encode, or abort it first.',
      })
    }
    this.running = new HeapSnapshot(this.states.values(), this.options)
    return this.running
  }
}
