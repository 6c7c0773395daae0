/** Applies the changes of an updating stream, as `changes()` writes them, and tells what is left: a multiset of rows. */

interface Change {
  readonly kind: string
}

/** How often each row is there, by its text. */
export class Multiset<T> {
  private readonly counts = new Map<string, number>()
  private readonly rowsByText = new Map<string, T>()

  /** The multiset of `rows`. */
  static of<T>(rows: Iterable<T>): Multiset<T> {
    const multiset = new Multiset<T>()
    for (const row of rows) multiset.add(row, 1)
    return multiset
  }

  /** Puts a row in `count` times, or takes it out where that is negative. @returns how often it is there now */
  add(row: T, count: number): number {
    const text = textOf(row)
    const now = (this.counts.get(text) ?? 0) + count
    if (now === 0) this.counts.delete(text)
    else this.counts.set(text, now)
    this.rowsByText.set(text, row)
    return now
  }

  /** Every row as often as it is there, in the order of their texts. */
  rows(): T[] {
    return [...this.counts]
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .flatMap(([text, count]) => Array.from({ length: count }, () => this.rowsByText.get(text)!))
  }
}

/**
 * The rows that are there once all `changes` are applied, in the order of their texts.
 *
 * @throws {Error} when a row is taken out that is not there, naming it and the change.
 */
export function applyChanges<C extends Change>(changes: Iterable<C>): Omit<C, 'kind'>[] {
  const multiset = new Multiset<Omit<C, 'kind'>>()
  let place = 0
  for (const { kind, ...row } of changes) {
    const isPut = kind === 'insert' || kind === 'update-after'
    if (multiset.add(row, isPut ? 1 : -1) < 0)
      throw new Error(`change ${place}: ${kind} of ${textOf(row)}, never put in`)
    place++
  }
  return multiset.rows()
}

/** A row as text, whatever the order of its columns. */
export function textOf(row: unknown): string {
  return JSON.stringify(row, (_name, value: unknown) => {
    if (typeof value === 'bigint') return `${value}n`
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
    return Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)))
  })
}
