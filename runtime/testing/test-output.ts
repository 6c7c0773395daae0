/** An output of a job under test: all that has reached it, over crashes and restores. */
import type { Batch, Element, RowKind } from '../../topology/element.ts'

/** A row with what came along with it. */
export interface OutputRow<T> {
  readonly row: T
  /** Undefined where none has been assigned. */
  readonly timestampMs: number | undefined
  /** How it changes the result it belongs to. */
  readonly kind: RowKind
}

export class TestOutput<T> {
  /** A sink's: that of its table. Of a side output that nobody reads: `uid.port`. */
  readonly name: string
  private readonly log: Element[] = []
  /** Of each element: who it came from. */
  private readonly subtasks: number[] = []

  constructor(name: string) {
    this.name = name
  }

  /** All rows so far, in the order they came in. */
  get rows(): T[] {
    return this.batches.flatMap((batch) => batch.values)
  }

  /** All rows so far with their event times and kinds. */
  get records(): OutputRow<T>[] {
    return this.batches.flatMap(({ values, timestampsMs, kinds }) =>
      values.map((row, index) => ({
        row,
        timestampMs: timestampsMs?.[index],
        kind: (kinds?.[index] ?? 0) as RowKind,
      })),
    )
  }

  get batches(): Batch<T>[] {
    return this.log.filter((element) => element.kind === 'batch')
  }

  /** Event times of all rows so far. */
  get timestampsMs(): number[] {
    return this.batches.flatMap((batch) => [...(batch.timestampsMs ?? [])])
  }

  /** All watermarks so far; of several subtasks, each as it came. */
  get watermarksMs(): number[] {
    return this.log.flatMap((element) => (element.kind === 'watermark' ? [element.timestampMs] : []))
  }

  /** Batches, watermarks, idleness and the end, in the order they came in. */
  get elements(): readonly Element<T>[] {
    return this.log
  }

  /** What one subtask of its sink has seen. */
  elementsOf(subtask: number): readonly Element<T>[] {
    return this.log.filter((_, index) => this.subtasks[index] === subtask)
  }

  /** @internal */
  receive(element: Element<T>, subtask: number): void {
    this.log.push(element)
    this.subtasks.push(subtask)
  }

  /** A crash takes away what has not been committed. @internal */
  truncate(length: number): void {
    this.log.length = length
    this.subtasks.length = length
  }
}
