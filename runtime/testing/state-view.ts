/** The state of a job under test, decoded: every entry that an operator keeps, over all of its subtasks. */
import type { KeyedState, KeyedStateDescriptor, SplitStateHandle } from '../../topology/contract/state.ts'
import type { Key } from '../../topology/element.ts'
import type { Json } from '../../topology/json.ts'
import { notFound } from './not-found.ts'

/** One value of a keyed state. */
export interface StateEntry<V = unknown> {
  /** Of several fields: their composite (topology/key.ts). Of a map state: that of its key and the map's. */
  readonly key: Key
  readonly value: V
  /** What the operator tells its entries apart by beside the key: a window's start, as a rule; 0 where there is nothing. */
  readonly namespace: number
  readonly keyGroup: number
  /** Which subtask holds it. */
  readonly subtask: number
}

interface KeyedPart {
  readonly subtask: number
  readonly descriptor: KeyedStateDescriptor<unknown>
  readonly state: KeyedState<unknown>
}

/** Of one attempt. */
export class StateView {
  /** By uid and name of the state. */
  private readonly keyed = new Map<string, KeyedPart[]>()
  private readonly splits = new Map<string, SplitEntries[]>()

  addKeyed(uid: string, subtask: number, descriptor: KeyedStateDescriptor<unknown>, state: KeyedState<unknown>): void {
    addTo(this.keyed, `${uid}/${descriptor.name}`, { subtask, descriptor, state })
  }

  /** Told what a checkpoint would hold, as the runtime is. */
  addSplit(uid: string, name: string, state: SplitStateHandle): SplitStateHandle {
    const part = new SplitEntries(state)
    addTo(this.splits, `${uid}/${name}`, part)
    return part
  }

  /** @throws {SluiceError} `TEST_STATE_NOT_FOUND` */
  entries<V>(uid: string, name: string): StateEntry<V>[] {
    return this.find(this.keyed, uid, name).flatMap(({ subtask, descriptor, state }) =>
      state.namespaces().flatMap((namespace) =>
        Array.from(state.entries(namespace), ([keyGroup, key, value]) => ({
          key,
          value: descriptor.codec.copy(value) as V,
          namespace,
          keyGroup,
          subtask,
        })),
      ),
    )
  }

  /** @throws {SluiceError} `TEST_STATE_NOT_FOUND` */
  splitEntries(uid: string, name: string): Readonly<Record<string, Json>> {
    return Object.assign({}, ...this.find(this.splits, uid, name).map((part) => Object.fromEntries(part.entries())))
  }

  private find<P>(parts: ReadonlyMap<string, P>, uid: string, name: string): P {
    const id = `${uid}/${name}`
    const found = parts.get(id)
    if (found !== undefined) return found
    throw notFound('state', id, [...this.keyed.keys(), ...this.splits.keys()])
  }
}

class SplitEntries implements SplitStateHandle {
  readonly restored: ReadonlyMap<string, Json>
  entries: () => ReadonlyMap<string, Json>
  private readonly state: SplitStateHandle

  constructor(state: SplitStateHandle) {
    this.state = state
    this.restored = state.restored
    this.entries = () => state.restored
  }

  onSnapshot(entries: () => ReadonlyMap<string, Json>): void {
    this.entries = entries
    this.state.onSnapshot(entries)
  }
}

function addTo<P>(parts: Map<string, P[]>, id: string, part: P): void {
  const known = parts.get(id)
  if (known === undefined) parts.set(id, [part])
  else known.push(part)
}
