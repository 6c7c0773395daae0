/** A binary heap of what is due at some time: the earliest first, and of the same time what was added first. */

interface Due<V> {
  readonly dueMs: number
  readonly order: number
  readonly value: V
}

export class DueHeap<V> {
  private readonly heap: Due<V>[] = []
  private added = 0

  /** When the earliest is due; +∞ when there is none. */
  get nextMs(): number {
    return this.heap[0]?.dueMs ?? Number.POSITIVE_INFINITY
  }

  push(dueMs: number, value: V): void {
    const { heap } = this
    const due = { dueMs, order: this.added++, value }
    let place = heap.length
    while (place > 0) {
      const parent = (place - 1) >> 1
      if (isBefore(heap[parent]!, due)) break
      heap[place] = heap[parent]!
      place = parent
    }
    heap[place] = due
  }

  /** Takes the earliest that is due at or before `atMs`; undefined when there is none. */
  pop(atMs: number): V | undefined {
    const { heap } = this
    const first = heap[0]
    if (first === undefined || first.dueMs > atMs) return undefined
    const last = heap.pop()!
    if (heap.length > 0) this.sink(last)
    return first.value
  }

  private sink(due: Due<V>): void {
    const { heap } = this
    let place = 0
    for (;;) {
      let child = 2 * place + 1
      if (child >= heap.length) break
      if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child++
      if (isBefore(due, heap[child]!)) break
      heap[place] = heap[child]!
      place = child
    }
    heap[place] = due
  }
}

function isBefore(a: Due<unknown>, b: Due<unknown>): boolean {
  return a.dueMs < b.dueMs || (a.dueMs === b.dueMs && a.order < b.order)
}
