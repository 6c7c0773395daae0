/** Exact decimals: between the text of a number and a scaled integer, never through a double. */
import { NUMBER_DECIMAL_PRECISION } from './types.ts'

/** The parts of a JSON number, apart from its grammar check. */
const JSON_NUMBER = /^(-?)(0|[1-9]\d*)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/

/** 10^0 … 10^22: the powers of ten that a double holds exactly. */
const POWERS_OF_TEN = Array.from({ length: 23 }, (_, exponent) => Number(`1e${exponent}`))

/** Integers below this have at most 15 digits: as decimal text, each of them is told apart by its double. */
const EXACT_LIMIT = 10 ** NUMBER_DECIMAL_PRECISION

/**
 * The unscaled value of a JSON number's text as decimal(precision, scale), or undefined when the text is no number, has
 * digits beyond the scale (zeros are none), or more digits than the precision. `1.5e3` is 1500.
 *
 * @example parseDecimal('19.9', 18, 2) // 1990n
 */
export function parseDecimal(text: string, precision: number, scale: number): bigint | undefined {
  const result = scaleDigits(text, precision, scale)
  return typeof result === 'bigint' ? result : undefined
}

/** Why {@link parseDecimal} refuses `text`, as words to follow "expected decimal(p, s), got …"; undefined when it does not. */
export function decimalProblem(text: string, precision: number, scale: number): string | undefined {
  const result = scaleDigits(text, precision, scale)
  return typeof result === 'bigint' ? undefined : result
}

/**
 * Makes the reader of a decimal column: from a number or its text to the value in a row, a scaled number up to precision
 * 15 and a scaled bigint beyond; undefined when it does not fit. A number stands for its shortest text, which is the one
 * it was written with if that had at most 15 digits.
 */
export function decimalParser(
  precision: number,
  scale: number,
): (value: number | string) => number | bigint | undefined {
  const small = precision <= NUMBER_DECIMAL_PRECISION
  // Few numbers have many decimals, and few decimals leave room for digits before the point in a double.
  const shortScale = Math.min(scale, 6)
  const shortPrecision = precision - scale + shortScale
  const factor = 10n ** BigInt(scale - shortScale)
  const numberFactor = Number(factor)
  return (value) => {
    if (typeof value === 'number') {
      const unscaled = scaleShortNumber(value, shortPrecision, shortScale)
      if (!Number.isNaN(unscaled)) return small ? unscaled * numberFactor : BigInt(unscaled) * factor
    }
    const unscaled = parseDecimal(String(value), precision, scale)
    return unscaled !== undefined && small ? Number(unscaled) : unscaled
  }
}

/**
 * As {@link parseDecimal}, of a double that was read from a text of at most 15 significant digits: such a double has
 * one such text, so that the result is that of the text.
 *
 * @returns NaN when the value does not fit or this short way cannot tell; then ask {@link parseDecimal}.
 */
export function scaleShortNumber(value: number, precision: number, scale: number): number {
  if (scale > 22) return Number.NaN
  const factor = POWERS_OF_TEN[scale]!
  const unscaled = Math.round(value * factor)
  // The quotient of two exact doubles is rounded once, so equality says that the decimal unscaled × 10^-scale reads
  // as `value`; and no other of 15 digits does.
  if (unscaled / factor !== value || Math.abs(unscaled) >= EXACT_LIMIT) return Number.NaN
  if (precision < NUMBER_DECIMAL_PRECISION && Math.abs(unscaled) >= POWERS_OF_TEN[precision]!) return Number.NaN
  return unscaled + 0 // −0 is no decimal
}

/**
 * The plain text of an unscaled value: `formatDecimal(1990n, 2)` is `19.90`. It is a JSON number.
 */
export function formatDecimal(unscaled: bigint | number, scale: number): string {
  const text = String(Number.isSafeInteger(unscaled) ? unscaled : BigInt(unscaled))
  if (scale === 0) return text
  const negative = text.startsWith('-')
  const digits = (negative ? text.slice(1) : text).padStart(scale + 1, '0')
  const point = digits.length - scale
  return `${negative ? '-' : ''}${digits.slice(0, point)}.${digits.slice(point)}`
}

/** The unscaled value, or why there is none. */
function scaleDigits(text: string, precision: number, scale: number): bigint | string {
  const parts = JSON_NUMBER.exec(text)
  if (parts === null) return 'no decimal number'
  const [, sign, whole, fraction = '', exponent = '0'] = parts
  const digits = whole! + fraction

  // Both ends are found by hand: a pattern such as /0+$/ takes quadratic time over a megabyte of zeros.
  let first = 0
  while (first < digits.length && digits.charCodeAt(first) === 48) first++
  let end = digits.length
  while (end > first && digits.charCodeAt(end - 1) === 48) end--
  if (first === end) return 0n

  // value = digits[first, end) × 10^power; an exponent of any length is only compared, never counted out.
  const power = Number(exponent) - fraction.length + (digits.length - end)
  const shift = power + scale
  if (shift < 0) return `more than ${scale} decimals`
  if (end - first + shift > precision) return `more than ${precision - scale} digits before the point`
  const unscaled = BigInt(digits.slice(first, end)) * 10n ** BigInt(shift)
  return sign === '-' ? -unscaled : unscaled
}
