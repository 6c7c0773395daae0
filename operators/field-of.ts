/** The names of a record's fields whose values are all of a type: what operators that take fields by name accept. */
export type FieldOf<T, V> = { [K in keyof T & string]: T[K] extends V ? K : never }[keyof T & string]
