/**
 * JSON with 64-bit integers: Iceberg's ids are 63 bits wide, and JSON.parse alone would silently round them.
 *
 * Numbers under the keys below are always bigint, so that their type does not depend on their size; any other integer
 * beyond ±(2^53 − 1) becomes a bigint too, and is printed again as it was read.
 */

const LONG_KEYS: ReadonlySet<string> = new Set([
  'snapshot-id',
  'parent-snapshot-id',
  'current-snapshot-id',
  'sequence-number',
  'last-sequence-number',
  'min-sequence-number',
  'next-row-id',
  'first-row-id',
  'added-rows',
])

const INTEGER = /^-?\d+$/

type Reviver = (this: unknown, key: string, value: unknown, context: { readonly source?: string }) => unknown

const reviveLongs: Reviver = (key, value, context) => {
  if (typeof value !== 'number' || context.source === undefined) return value
  const exactLong = LONG_KEYS.has(key) || !Number.isSafeInteger(value)
  return exactLong && INTEGER.test(context.source) ? BigInt(context.source) : value
}

/** Parses JSON text; 64-bit integers arrive as bigint. @throws {SyntaxError} */
export function parseJson(text: string): unknown {
  return JSON.parse(text, reviveLongs as (key: string, value: unknown) => unknown)
}

/** Prints JSON text; a bigint becomes a JSON number of all its digits. */
export function printJson(value: unknown): string {
  return JSON.stringify(value, (_key, member) => (typeof member === 'bigint' ? rawJson(member.toString()) : member))
}

const { rawJSON: rawJson } = JSON as unknown as { readonly rawJSON: (text: string) => unknown }
