/** Chunks of a checkpoint that wait for the state they belong to: how to read them is known once an operator declares it. */
import type { StateChunk } from '../../topology/contract/stage.ts'

/** Where a backend keeps them. A state is named by `uid/name`. */
export interface WaitingChunks {
  put(state: string, chunk: StateChunk): void
  /** Takes out the chunks of a state, one after the other, in the order in which they came. */
  take(state: string): Iterable<StateChunk>
  /** The states that chunks wait for. */
  states(): readonly string[]
  close(): void
}

/** On the heap, as the state itself will be. */
export class ChunksOnHeap implements WaitingChunks {
  private readonly byState = new Map<string, StateChunk[]>()

  put(state: string, chunk: StateChunk): void {
    const chunks = this.byState.get(state)
    if (chunks === undefined) this.byState.set(state, [chunk])
    else chunks.push(chunk)
  }

  take(state: string): readonly StateChunk[] {
    const chunks = this.byState.get(state) ?? []
    this.byState.delete(state)
    return chunks
  }

  states(): readonly string[] {
    return [...this.byState.keys()]
  }

  close(): void {
    this.byState.clear()
  }
}
