/** Paths into an event, two levels deep: `event_id`, `payload.amount`. */
import { type ColumnCopy, columnCopier } from '../column-copier.ts'

/** The paths that lead to a value of `T`. */
export type PathOf<T> = {
  [K in keyof T & string]: NonNullable<T[K]> extends Struct ? K | `${K}.${keyof NonNullable<T[K]> & string}` : K
}[keyof T & string]

/** Column → path. */
export type ColumnPaths<T> = Readonly<Record<string, PathOf<T>>>

/**
 * What lies at a path of a decoded event: any field may be null, since decoding checks types and not presence, and an
 * enum is any string.
 */
export type PathValue<T, P> = P extends keyof T
  ? Decoded<T[P]>
  : P extends `${infer Head}.${infer Tail}`
    ? Head extends keyof T
      ? Tail extends keyof NonNullable<T[Head]>
        ? Decoded<NonNullable<T[Head]>[Tail]>
        : never
      : never
    : never

type Decoded<V> =
  | null
  | (V extends string
      ? string
      : V extends number
        ? number
        : V extends bigint
          ? bigint
          : V extends boolean
            ? boolean
            : V)

/** Objects with named fields; the others are values. */
type Struct = { readonly [field: string]: unknown } & { readonly length?: never; readonly size?: never }

/** A function that fills a row's columns from an event, by their paths; the columns are there already, and null. */
export function pathReader(
  paths: Readonly<Record<string, string>>,
): (event: Struct, row: Record<string, unknown>) => void {
  const byStruct = new Map<string, ColumnCopy[]>()
  for (const [column, path] of Object.entries(paths)) {
    const dot = path.indexOf('.')
    const struct = path.slice(0, Math.max(dot, 0))
    const copies = byStruct.get(struct) ?? []
    byStruct.set(struct, copies)
    copies.push({ from: path.slice(dot + 1), to: column })
  }
  const copyTop = columnCopier(byStruct.get('') ?? [])
  byStruct.delete('')
  const nested = [...byStruct].map(([struct, copies]) => ({ struct, copy: columnCopier(copies) }))
  return (event, row) => {
    copyTop(event, row)
    for (let i = 0; i < nested.length; i++) {
      const struct = event[nested[i]!.struct] as Struct | null | undefined
      if (struct !== null && struct !== undefined) nested[i]!.copy(struct, row)
    }
  }
}
