/**
 * Code that looks at four bytes at once, as one number: a record of eleven fields took half the time that it takes by bytes.
 *
 * `r` reads the record, at `p` and before `end`; `wk` writes the text of column k, at `vk`. Words are little-endian.
 */

const HIGH_BITS = 0x80808080 | 0

/** A byte in all four places. */
const fourTimes = (byte: number) => `${byte * 0x01010101}`
const word = (at: string) => `r.getInt32(${at}, true)`

/** Whether these bytes come at `p`: by words, of which the last may overlap the one before. */
export function areNext(bytes: readonly number[]): string {
  if (bytes.length < 4) return bytes.map((byte, i) => `b[p + ${i}] === ${byte}`).join(' && ')
  const places = bytes.flatMap((_, i) => (i % 4 === 0 ? [Math.min(i, bytes.length - 4)] : []))
  const isThere = (i: number) => `${word(`p + ${i}`)} === ${Buffer.from(bytes).readInt32LE(i)}`
  return [`p + ${bytes.length} <= end`, ...places.map(isThere)].join(' && ')
}

/**
 * Copies text up to its closing quote, at which `p` is left. Sets `high` where a byte is above 127; escapes and control
 * characters leave `record`.
 *
 * A word without such bytes goes whole. Subtracting n + 1 from a byte sets its high bit when it was n or less, and borrows
 * from the next byte only then: the test has every word that needs a look, see "Determine if a word has a byte less than n"
 * in Sean Anderson's "Bit Twiddling Hacks".
 */
export function copyText(k: number): string {
  const isPlain = `((x | (x - ${fourTimes(32)}) | ((x ^ ${fourTimes(34)}) - ${fourTimes(1)}) | ((x ^ ${fourTimes(92)}) - ${fourTimes(1)})) & ${HIGH_BITS}) === 0`
  return `
    for (let x = 0; p + 4 <= end && (x = ${word('p')}, ${isPlain}); p += 4, v${k} += 4) w${k}.setInt32(v${k}, x, true)
    while ((c = b[p]) !== 34) {
      if (p >= end || c < 32 || c === 92) break record
      if (c > 127) high = 1
      w${k}.setInt8(v${k}++, c)
      p++
    }`
}

const UUID_BYTES = 36
const DASH = 0x2d

/** Copies a UUID in lower case, behind which `p` is left; anything else leaves `record`. */
export function copyUuid(k: number): string {
  const dashes = [8, 13, 18, 23]
  const words = Array.from({ length: UUID_BYTES / 4 }, (_, i) => i)
  const shiftOf = (i: number) => dashes.filter((dash) => dash >> 2 === i).map((dash) => (dash & 3) * 8)[0]
  const isDash = (i: number) => {
    const shift = shiftOf(i)
    return shift === undefined ? [] : [`(x${i} & ${0xff << shift}) !== ${DASH << shift}`]
  }
  // A dash is taken for a 0, which is a digit.
  const digits = (i: number) => {
    const shift = shiftOf(i)
    return shift === undefined ? `x${i}` : `(x${i} ^ ${(DASH ^ 0x30) << shift})`
  }
  return `
    if (p + ${UUID_BYTES} > end) break record
    ${words.map((i) => `const x${i} = ${word(`p + ${i * 4}`)}`).join('\n')}
    if (${words.flatMap(isDash).join(' || ')}) break record
    if (((${words.map((i) => notHex(digits(i))).join(' | ')}) & ${HIGH_BITS}) !== 0) break record
    ${words.map((i) => `w${k}.setInt32(v${k} + ${i * 4}, x${i}, true)`).join('\n')}
    p += ${UUID_BYTES}
    v${k} += ${UUID_BYTES}`
}

/** A word with a high bit in each byte that is none of 0-9a-f. Adding 128 − n to a byte below 128 sets it from n on. */
function notHex(x: string): string {
  const from = (n: number) => `(${x} + ${fourTimes(128 - n)})`
  return `(${x} | ~((${from(0x30)} & ~${from(0x3a)}) | (${from(0x61)} & ~${from(0x67)})))`
}
