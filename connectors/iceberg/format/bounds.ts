/**
 * Truncated bounds of strings and bytes: long values would bloat manifests and prune no better.
 *
 * A lower bound is simply cut. An upper bound that was cut must grow: its last unit that can be is incremented and what
 * follows dropped; where none can be, there is no upper bound.
 */

/** How many code points of a string, or bytes of a binary, a bound keeps. */
const BOUND_LENGTH = 16

const MAX_CODE_POINT = 0x10ffff

export function truncateString(value: string, length = BOUND_LENGTH): string {
  if (value.length <= length) return value
  let end = 0
  for (let points = 0; points < length && end < value.length; points++) {
    end += value.codePointAt(end)! > 0xffff ? 2 : 1
  }
  return value.slice(0, end)
}

export function truncateStringUp(value: string, length = BOUND_LENGTH): string | undefined {
  const cut = truncateString(value, length)
  if (cut.length === value.length) return value
  const points = Array.from(cut, (character) => character.codePointAt(0)!)
  for (let i = points.length - 1; i >= 0; i--) {
    const next = points[i] === 0xd7ff ? 0xe000 : points[i]! + 1
    if (next <= MAX_CODE_POINT) return String.fromCodePoint(...points.slice(0, i), next)
  }
  return undefined
}

export function truncateBytes(value: Uint8Array, length = BOUND_LENGTH): Uint8Array {
  return value.length <= length ? value : value.slice(0, length)
}

export function truncateBytesUp(value: Uint8Array, length = BOUND_LENGTH): Uint8Array | undefined {
  if (value.length <= length) return value
  for (let i = length - 1; i >= 0; i--) {
    if (value[i]! < 0xff) {
      const bound = value.slice(0, i + 1)
      bound[i]! += 1
      return bound
    }
  }
  return undefined
}
