/** A value in state, which nobody changes in place: a snapshot may be writing it. */
export type Immutable<T> = T extends string | number | bigint | boolean | null | undefined | Uint8Array
  ? T
  : T extends ReadonlyMap<infer K, infer V>
    ? ReadonlyMap<K, Immutable<V>>
    : T extends readonly (infer Element)[]
      ? readonly Immutable<Element>[]
      : { readonly [K in keyof T]: Immutable<T[K]> }
