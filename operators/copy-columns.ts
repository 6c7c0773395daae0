/**
 * Copies columns from one row to another, each at a place of its own in the code.
 *
 * V8 remembers one column name per place that reads or writes `row[name]`; a loop over names has one place for all of
 * them, forgets, and takes six times as long. For the same reason this module is loaded once per user of it
 * (see column-copier.ts).
 */

export const MAX_COLUMNS = 32

type Columns = Record<string, unknown>

/**
 * Sets column `target[i]` of `to` to column `source[i]` of `from`, for up to 32 of them. What is null or undefined is left
 * as it is in `to`, and its bit is set in the result.
 */
export function copyColumns(from: Columns, to: Columns, source: readonly string[], target: readonly string[]): number {
  const count = source.length
  let nulls = 0
  let value: unknown
  if (count === 0) return nulls
  value = from[source[0]!]
  if (value === null || value === undefined) nulls |= 1
  else to[target[0]!] = value
  if (count === 1) return nulls
  value = from[source[1]!]
  if (value === null || value === undefined) nulls |= 1 << 1
  else to[target[1]!] = value
  if (count === 2) return nulls
  value = from[source[2]!]
  if (value === null || value === undefined) nulls |= 1 << 2
  else to[target[2]!] = value
  if (count === 3) return nulls
  value = from[source[3]!]
  if (value === null || value === undefined) nulls |= 1 << 3
  else to[target[3]!] = value
  if (count === 4) return nulls
  value = from[source[4]!]
  if (value === null || value === undefined) nulls |= 1 << 4
  else to[target[4]!] = value
  if (count === 5) return nulls
  value = from[source[5]!]
  if (value === null || value === undefined) nulls |= 1 << 5
  else to[target[5]!] = value
  if (count === 6) return nulls
  value = from[source[6]!]
  if (value === null || value === undefined) nulls |= 1 << 6
  else to[target[6]!] = value
  if (count === 7) return nulls
  value = from[source[7]!]
  if (value === null || value === undefined) nulls |= 1 << 7
  else to[target[7]!] = value
  if (count === 8) return nulls
  value = from[source[8]!]
  if (value === null || value === undefined) nulls |= 1 << 8
  else to[target[8]!] = value
  if (count === 9) return nulls
  value = from[source[9]!]
  if (value === null || value === undefined) nulls |= 1 << 9
  else to[target[9]!] = value
  if (count === 10) return nulls
  value = from[source[10]!]
  if (value === null || value === undefined) nulls |= 1 << 10
  else to[target[10]!] = value
  if (count === 11) return nulls
  value = from[source[11]!]
  if (value === null || value === undefined) nulls |= 1 << 11
  else to[target[11]!] = value
  if (count === 12) return nulls
  value = from[source[12]!]
  if (value === null || value === undefined) nulls |= 1 << 12
  else to[target[12]!] = value
  if (count === 13) return nulls
  value = from[source[13]!]
  if (value === null || value === undefined) nulls |= 1 << 13
  else to[target[13]!] = value
  if (count === 14) return nulls
  value = from[source[14]!]
  if (value === null || value === undefined) nulls |= 1 << 14
  else to[target[14]!] = value
  if (count === 15) return nulls
  value = from[source[15]!]
  if (value === null || value === undefined) nulls |= 1 << 15
  else to[target[15]!] = value
  if (count === 16) return nulls
  value = from[source[16]!]
  if (value === null || value === undefined) nulls |= 1 << 16
  else to[target[16]!] = value
  if (count === 17) return nulls
  value = from[source[17]!]
  if (value === null || value === undefined) nulls |= 1 << 17
  else to[target[17]!] = value
  if (count === 18) return nulls
  value = from[source[18]!]
  if (value === null || value === undefined) nulls |= 1 << 18
  else to[target[18]!] = value
  if (count === 19) return nulls
  value = from[source[19]!]
  if (value === null || value === undefined) nulls |= 1 << 19
  else to[target[19]!] = value
  if (count === 20) return nulls
  value = from[source[20]!]
  if (value === null || value === undefined) nulls |= 1 << 20
  else to[target[20]!] = value
  if (count === 21) return nulls
  value = from[source[21]!]
  if (value === null || value === undefined) nulls |= 1 << 21
  else to[target[21]!] = value
  if (count === 22) return nulls
  value = from[source[22]!]
  if (value === null || value === undefined) nulls |= 1 << 22
  else to[target[22]!] = value
  if (count === 23) return nulls
  value = from[source[23]!]
  if (value === null || value === undefined) nulls |= 1 << 23
  else to[target[23]!] = value
  if (count === 24) return nulls
  value = from[source[24]!]
  if (value === null || value === undefined) nulls |= 1 << 24
  else to[target[24]!] = value
  if (count === 25) return nulls
  value = from[source[25]!]
  if (value === null || value === undefined) nulls |= 1 << 25
  else to[target[25]!] = value
  if (count === 26) return nulls
  value = from[source[26]!]
  if (value === null || value === undefined) nulls |= 1 << 26
  else to[target[26]!] = value
  if (count === 27) return nulls
  value = from[source[27]!]
  if (value === null || value === undefined) nulls |= 1 << 27
  else to[target[27]!] = value
  if (count === 28) return nulls
  value = from[source[28]!]
  if (value === null || value === undefined) nulls |= 1 << 28
  else to[target[28]!] = value
  if (count === 29) return nulls
  value = from[source[29]!]
  if (value === null || value === undefined) nulls |= 1 << 29
  else to[target[29]!] = value
  if (count === 30) return nulls
  value = from[source[30]!]
  if (value === null || value === undefined) nulls |= 1 << 30
  else to[target[30]!] = value
  if (count === 31) return nulls
  value = from[source[31]!]
  if (value === null || value === undefined) nulls |= 1 << 31
  else to[target[31]!] = value
  return nulls
}
