/** JSON as a type. 64-bit numbers travel as strings. */

export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json }
