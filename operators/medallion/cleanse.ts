/** Tidy up text columns. */
import { type AnyStream, append, type ElementOf, type Stream, type Transform } from '../../topology/stream.ts'
import { describeResult } from '../../topology/user-function.ts'
import type { FieldOf } from '../field-of.ts'

/** One way of tidying a text. It is not asked about null. */
export interface Cleanser {
  /** As plans show it. */
  readonly name: string
  readonly apply: (text: string) => string | null
}

/** Without white space and line ends around it, as String.prototype.trim: a blank text becomes empty, not null. */
export const trim = (): Cleanser => ({ name: 'trim', apply: (text) => text.trim() })
/** In upper case, whatever the locale. */
export const upper = (): Cleanser => ({ name: 'upper', apply: (text) => text.toUpperCase() })
/** In lower case, whatever the locale. */
export const lower = (): Cleanser => ({ name: 'lower', apply: (text) => text.toLowerCase() })

/**
 * A function of one's own; null stands for "no value".
 *
 * @example cleanse({ coupon: cleanseWith((text) => text || null) })
 */
export function cleanseWith(fn: (text: string) => string | null): Cleanser {
  return { name: fn.name || 'function', apply: fn }
}

/** Text columns of `T`, and what to do with each, in order. */
export type Cleansing<T> = { readonly [F in FieldOf<T, string | null>]?: Cleanser | readonly Cleanser[] }

/**
 * Replaces text columns by their cleansed values. Null stays null; other columns stay as they are.
 *
 * The row is copied, since others may share it. Event times, watermarks and barriers pass unchanged; a keyed stream is
 * keyed no more, for its key may have changed. Stateless.
 *
 * Guarantee: one row out for each in, in their order.
 *
 * @throws {OperatorError} naming the record, when a function throws or returns neither text nor null.
 * @example bronze.pipe(cleanse({ user_id: trim(), product_id: [trim(), upper()] }))
 */
export function cleanse<S extends AnyStream, C extends Cleansing<ElementOf<S>>>(
  cleansing: C & { readonly [F in Exclude<keyof C, FieldOf<ElementOf<S>, string | null>>]: never },
): Transform<S, Stream<ElementOf<S>>> {
  const columns = Object.entries(cleansing as Record<string, Cleanser | readonly Cleanser[]>).map(([field, given]) => ({
    field,
    cleansers: Array.isArray(given) ? (given as readonly Cleanser[]) : [given as Cleanser],
  }))
  return (input) =>
    append(input, {
      kind: 'cleanse',
      parameters: Object.fromEntries(
        columns.map(({ field, cleansers }) => [field, cleansers.map((cleanser) => cleanser.name)]),
      ),
      behaviour: { type: 'row', step: 'map', fn: cleanseRow(columns) },
      columns: { out: 'same' },
      time: 'ignores',
    })
}

interface ColumnCleansing {
  readonly field: string
  readonly cleansers: readonly Cleanser[]
}

function cleanseRow(columns: readonly ColumnCleansing[]): (row: Readonly<Record<string, unknown>>) => unknown {
  return (row) => {
    // Overwriting what a copy has keeps its hidden class.
    const cleansed: Record<string, unknown> = { ...row }
    for (let i = 0; i < columns.length; i++) {
      const { field, cleansers } = columns[i]!
      const text = cleansed[field]
      if (text !== null && text !== undefined) cleansed[field] = cleanseText(text as string, cleansers, field)
    }
    return cleansed
  }
}

function cleanseText(text: string, cleansers: readonly Cleanser[], field: string): string | null {
  let current: string | null = text
  for (let i = 0; i < cleansers.length && current !== null; i++) {
    current = cleansers[i]!.apply(current)
    if (typeof current !== 'string' && current !== null) {
      throw new TypeError(`${cleansers[i]!.name} must turn ${field} into text or null, not ${describeResult(current)}`)
    }
  }
  return current
}
