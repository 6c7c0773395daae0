/** Paths into an event, two levels deep: `event_id`, `payload.amount`. */

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

/** A function that follows a path. */
export function compilePath(path: string): (event: Readonly<Record<string, any>>) => unknown {
  const dot = path.indexOf('.')
  if (dot < 0) return (event) => event[path] ?? null
  const [head, tail] = [path.slice(0, dot), path.slice(dot + 1)]
  return (event) => event[head]?.[tail] ?? null
}
