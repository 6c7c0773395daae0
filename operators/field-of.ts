/** The names of a record's fields whose values are all of a type: what operators that take fields by name accept. */

/** A conditional type, so that the compiler's messages list the names and not this type. */
export type FieldOf<T, V> = [T] extends [infer U]
  ? { [K in keyof U & string]: U[K] extends V ? K : never }[keyof U & string]
  : never

/** As FieldOf, where the record's type is still open and is found by the name, as in aggregates. */
export type OpenFieldOf<T, V> = { [K in keyof T & string]: T[K] extends V ? K : never }[keyof T & string]
