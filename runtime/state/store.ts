/** All state of one stage: keyed state of its operators in a backend, and their split state beside it. */
import type { StageRestore, StageSnapshot } from '../../topology/contract/stage.ts'
import type { SplitStateHandle, StateStore } from '../../topology/contract/state.ts'
import { SluiceError } from '../../topology/errors.ts'
import type { Json } from '../../topology/json.ts'
import { HeapStateBackend } from './heap-backend.ts'
import type { KeyedSnapshot, OpenStateBackend, StateBackendOptions } from './state-backend.ts'

export interface StageStateOptions extends StateBackendOptions {
  /** What the restored checkpoint held; undefined at a first start. */
  readonly restore?: Pick<StageRestore, 'keyed' | 'split'> | undefined
  /** @default one on the heap */
  readonly openBackend?: OpenStateBackend | undefined
}

/** A running snapshot of a stage: its split state as it was at the cut, its keyed state to be encoded. */
export interface StageStateSnapshot extends KeyedSnapshot {
  readonly split: StageSnapshot['split']
}

export interface StageState {
  /** The store an operator declares its state in. What is restored is there when the declaration returns. */
  of(uid: string): StateStore
  /** The cut: see StateBackend.startSnapshot. */
  startSnapshot(): StageStateSnapshot
  /**
   * To be called once every operator is made.
   * @throws {SluiceError} `STATE_UNCLAIMED` naming each state that was restored and that no operator has declared.
   */
  checkClaimed(): void
  /** Once no operator uses it any more. */
  close(): Promise<void>
}

/**
 * The state of a stage, restored where there is something to restore. Chunks wait in the backend until their state is
 * declared, since only then their codec is known.
 */
export async function createStageState(options: StageStateOptions): Promise<StageState> {
  const { openBackend = (settings) => new HeapStateBackend(settings) } = options
  const backend = openBackend(options)
  for await (const chunk of options.restore?.keyed ?? []) backend.load(chunk)
  const splits = new Map<string, SplitState>()
  for (const [id, entries] of Object.entries(options.restore?.split ?? {})) {
    splits.set(id, new SplitState(new Map(Object.entries(entries))))
  }
  const claimedSplits = new Set<string>()

  const split = (uid: string, name: string): SplitStateHandle => {
    // A checkpoint finds the operator of a split state by what stands before the last "/".
    if (name === '' || name.includes('/')) {
      throw new SluiceError('STATE_DECLARATION', `operator ${uid}: no split state can have the name "${name}"`, {
        fix: 'Give it a name of at least one character, without "/".',
        details: { uid, state: name },
      })
    }
    const id = `${uid}/${name}`
    if (claimedSplits.has(id)) {
      throw new SluiceError('STATE_DUPLICATE', `operator ${uid} declares the split state ${name} twice`, {
        fix: 'Give each state of an operator a name of its own.',
        details: { uid, state: name },
      })
    }
    claimedSplits.add(id)
    const state = splits.get(id) ?? new SplitState(new Map())
    splits.set(id, state)
    return state
  }

  return {
    of: (uid) => ({ keyed: (descriptor) => backend.open(uid, descriptor), split: (name) => split(uid, name) }),
    startSnapshot() {
      const snapshot = backend.startSnapshot()
      const cut = [...splits].map(([id, state]) => [id, Object.fromEntries(state.entries())] as const)
      return {
        split: Object.fromEntries(cut),
        encode: (store) => snapshot.encode(store),
        abort: () => snapshot.abort(),
      }
    },
    checkClaimed() {
      const unclaimed = [...backend.unclaimed, ...[...splits.keys()].filter((id) => !claimedSplits.has(id))]
      if (unclaimed.length === 0) return
      throw new SluiceError(
        'STATE_UNCLAIMED',
        `the checkpoint holds state that no operator has: ${unclaimed.join(', ')}`,
        {
          fix: 'Give the operators the names they had, or start the job anew under another name.',
          details: { unclaimed },
        },
      )
    },
    close: () => backend.close(),
  }
}

/** Entries that a rescale deals out again; until an operator says otherwise, those that were restored. */
class SplitState implements SplitStateHandle {
  readonly restored: ReadonlyMap<string, Json>
  entries: () => ReadonlyMap<string, Json>

  constructor(restored: ReadonlyMap<string, Json>) {
    this.restored = restored
    this.entries = () => restored
  }

  onSnapshot(entries: () => ReadonlyMap<string, Json>): void {
    this.entries = entries
  }
}
