/** The types of a record: in memory, as decoded, and on the wire. */
import type { z } from 'zod'

/** The JSON form of a record: what producers write. */
export type Wire<S extends z.core.SomeType> = z.input<S>

/**
 * A record in memory (values as topology/schema/types.ts says): every field is there, absent is null, and what zod
 * calls a record is a Map.
 */
export type Row<S> =
  S extends Definition<{ type: 'object'; shape: infer Shape }>
    ? { -readonly [K in keyof Shape]: Row<Shape[K]> }
    : S extends Definition<{ type: 'array'; element: infer Element }>
      ? Row<Element>[]
      : S extends Definition<{ type: 'record' | 'map'; keyType: infer K; valueType: infer V }>
        ? Map<NonNullable<Row<K>>, Row<V>>
        : S extends Definition<{ type: 'optional' | 'nullable'; innerType: infer Inner }>
          ? Row<Inner> | null
          : S extends Definition<{ type: 'nonoptional'; innerType: infer Inner }>
            ? Required<S, Inner>
            : S extends Definition<{ type: 'default' | 'prefault' | 'readonly'; innerType: infer Inner }>
              ? Row<Inner>
              : S extends Definition<{ type: 'lazy'; getter: () => infer Inner }>
                ? Row<Inner>
                : S extends z.core.SomeType
                  ? NullForUndefined<z.output<S>>
                  : never

/**
 * A record as a decoder hands it on: types have been checked, meaning has not. So every field may be null, and an enum
 * or a literal holds any value of its type.
 */
export type DecodedRow<S> = Decoded<Row<S>>

type Decoded<T> = T extends string
  ? string
  : T extends number
    ? number
    : T extends bigint
      ? bigint
      : T extends boolean
        ? boolean
        : T extends null | Uint8Array
          ? T
          : T extends Map<infer K, infer V>
            ? Map<Decoded<K>, Decoded<V> | null>
            : T extends (infer Element)[]
              ? (Decoded<Element> | null)[]
              : { [K in keyof T]: Decoded<T[K]> | null }

interface Definition<D> {
  _zod: { def: D }
}

type NullForUndefined<T> = undefined extends T ? Exclude<T, undefined> | null : T

type Required<S, Inner> = S extends z.core.SomeType
  ? null extends z.output<S>
    ? Row<Inner>
    : NonNullable<Row<Inner>>
  : never
