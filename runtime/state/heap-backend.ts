/** The state backend that keeps everything on the heap. */
import type { KeyedStateDescriptor } from '../../topology/contract/state.ts'
import type { Key } from '../../topology/element.ts'
import { HeapKeyedState } from './heap-keyed-state.ts'
import { HeapSnapshot } from './heap-snapshot.ts'
import { KeyedBackend } from './keyed-backend.ts'
import type { StateBackendOptions } from './state-backend.ts'
import { ChunksOnHeap } from './waiting-chunks.ts'

/**
 * About 80 bytes a key for short strings and numbers. A snapshot freezes the maps and lets changes collect beside them,
 * so that the cut takes a fraction of a millisecond at a million keys, and no slice of encoding more than a few.
 */
export class HeapStateBackend extends KeyedBackend<HeapKeyedState<any>, StateBackendOptions> {
  constructor(options: StateBackendOptions) {
    super(options, new ChunksOnHeap())
  }

  protected create(uid: string, descriptor: KeyedStateDescriptor<any>): HeapKeyedState<any> {
    return new HeapKeyedState(uid, descriptor, this.options.keyGroups)
  }

  protected restore(state: HeapKeyedState<any>, namespace: number, keyGroup: number, key: Key, value: unknown): void {
    state.set(namespace, keyGroup, key, value)
  }

  protected cut(states: Iterable<HeapKeyedState<any>>): HeapSnapshot {
    return new HeapSnapshot(states, this.options)
  }
}
