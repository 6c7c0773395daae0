/**
 * ISO 8601 dates and times, strictly, to and from days and microseconds since the epoch.
 *
 * The extended format only: `2026-11-23T08:30:00.123456Z`, offsets as ±hh:mm, years 0001 to 9999, seconds 00 to 59 (the
 * scale has no leap seconds), no 24:00. A fraction has 1 to 9 digits, of which those beyond microseconds must be zero:
 * nothing is rounded away silently. What does not comply is NaN or undefined.
 */

const SECONDS_PER_DAY = 86_400
/** 0001-01-01T00:00:00Z and 10000-01-01T00:00:00Z in seconds: an offset must not lead outside them. */
const MIN_SECONDS = -62_135_596_800
const END_SECONDS = 253_402_300_800
const MIN_MICROS = BigInt(MIN_SECONDS) * 1_000_000n
const END_MICROS = BigInt(END_SECONDS) * 1_000_000n
/** Within ± this many seconds, microseconds fit a double exactly. */
const SAFE_SECONDS = 9_000_000_000
const MICROS_PER_DAY = 86_400_000_000n

/** `T`, `Z`, `.`, `:`, `+` and `-` as char codes. */
const T = 84
const Z = 90
const POINT = 46
const COLON = 58
const PLUS = 43
const MINUS = 45

/** Days before each month of a common year. */
const DAYS_BEFORE_MONTH = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334]
const DAYS_IN_MONTH = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]

/**
 * Milliseconds since the epoch of a date-time with zone, microseconds floored; NaN when `text` is none.
 *
 * @example parseIsoTimestampMs('1970-01-01T01:00:00.5+01:00') // 500
 */
export function parseIsoTimestampMs(text: string): number {
  const seconds = parseSeconds(text, true)
  return text.charCodeAt(19) === POINT ? seconds * 1000 + Math.floor(fractionMicros(text, 20) / 1000) : seconds * 1000
}

/** Microseconds since the epoch of a date-time with zone; undefined when `text` is none. */
export function parseIsoTimestampMicros(text: string): bigint | undefined {
  return toMicros(text, parseSeconds(text, true))
}

/** Microseconds from 1970-01-01T00:00:00 to a date-time without zone; undefined when `text` is none. */
export function parseIsoLocalTimestampMicros(text: string): bigint | undefined {
  return toMicros(text, parseSeconds(text, false))
}

/** Days since the epoch of a date such as `2026-11-23`; NaN when `text` is none. */
export function parseIsoDate(text: string): number {
  return text.length === 10 ? parseDays(text) : Number.NaN
}

/** Microseconds since midnight of a time such as `08:30:00.5`; undefined when `text` is none. */
export function parseIsoTimeMicros(text: string): bigint | undefined {
  const seconds = parseTimeOfDay(text, 0)
  const end = fractionEnd(text, 8)
  if (Number.isNaN(seconds) || end !== text.length) return undefined
  return BigInt(seconds * 1_000_000 + (end > 8 ? fractionMicros(text, 9) : 0))
}

/**
 * `2026-11-23T08:30:00.000Z`, with six digits of fraction when three do not do.
 *
 * @throws {RangeError} outside the years 0001 to 9999, which ISO 8601 writes only by agreement.
 */
export function formatMicros(micros: bigint): string {
  return `${formatLocalMicros(micros)}Z`
}

/** As {@link formatMicros}, without a zone. */
export function formatLocalMicros(micros: bigint): string {
  if (micros < MIN_MICROS || micros >= END_MICROS) throw new RangeError(`${micros} µs is not within years 0001 to 9999`)
  const [days, ofDay] = splitDays(micros)
  return `${formatDate(days)}T${formatTimeOfDay(ofDay)}`
}

/** Days, and microseconds of the last. By doubles where they are exact, which spares a bigint for each step. */
function splitDays(micros: bigint): [days: number, ofDay: number] {
  const whole = Number(micros)
  const perDay = Number(MICROS_PER_DAY)
  if (Number.isSafeInteger(whole)) {
    const days = Math.floor(whole / perDay)
    return [days, whole - days * perDay]
  }
  const ofDay = ((micros % MICROS_PER_DAY) + MICROS_PER_DAY) % MICROS_PER_DAY
  return [Number((micros - ofDay) / MICROS_PER_DAY), Number(ofDay)]
}

let lastDays = 0
let lastDate = '1970-01-01'

/** `2026-11-23` of days since the epoch. @throws {RangeError} outside the years 0001 to 9999. */
export function formatDate(days: number): string {
  // As a rule the times of a stream are of one day.
  if (days === lastDays) return lastDate
  const seconds = days * SECONDS_PER_DAY
  if (!(seconds >= MIN_SECONDS && seconds < END_SECONDS)) {
    throw new RangeError(`day ${days} is not within years 0001 to 9999`)
  }
  lastDate = new Date(seconds * 1000).toISOString().slice(0, 10)
  lastDays = days
  return lastDate
}

/** `08:30:00.000` of microseconds since midnight. @throws {RangeError} outside a day. */
export function formatTimeMicros(micros: bigint): string {
  if (micros < 0n || micros >= MICROS_PER_DAY) throw new RangeError(`${micros} µs is not within a day`)
  return formatTimeOfDay(Number(micros))
}

const TWO_DIGITS = Array.from({ length: 60 }, (_, n) => String(n).padStart(2, '0'))
const THREE_DIGITS = Array.from({ length: 1000 }, (_, n) => String(n).padStart(3, '0'))

function formatTimeOfDay(micros: number): string {
  const seconds = Math.floor(micros / 1e6)
  const fraction = micros - seconds * 1e6
  const minutes = Math.floor(seconds / 60)
  const millis = Math.floor(fraction / 1000)
  const rest = fraction - millis * 1000
  const text = `${TWO_DIGITS[Math.floor(minutes / 60)]}:${TWO_DIGITS[minutes % 60]}:${TWO_DIGITS[seconds % 60]}.${THREE_DIGITS[millis]}`
  return rest === 0 ? text : text + THREE_DIGITS[rest]
}

function toMicros(text: string, seconds: number): bigint | undefined {
  if (Number.isNaN(seconds)) return undefined
  const fraction = text.charCodeAt(19) === POINT ? fractionMicros(text, 20) : 0
  return seconds < SAFE_SECONDS && seconds > -SAFE_SECONDS
    ? BigInt(seconds * 1_000_000 + fraction)
    : BigInt(seconds) * 1_000_000n + BigInt(fraction)
}

/** Whole seconds of a date-time whose every character has been checked; NaN otherwise. */
function parseSeconds(text: string, zoned: boolean): number {
  if (text.length < 19 || text.charCodeAt(10) !== T) return Number.NaN
  const end = fractionEnd(text, 19)
  if (end < 0) return Number.NaN
  const local = parseDays(text) * SECONDS_PER_DAY + parseTimeOfDay(text, 11)
  if (!zoned) return end === text.length ? local : Number.NaN
  const seconds = local - parseOffsetSeconds(text, end)
  return seconds >= MIN_SECONDS && seconds < END_SECONDS ? seconds : Number.NaN
}

function parseDays(text: string): number {
  const year = twoDigits(text, 0) * 100 + twoDigits(text, 2)
  const month = twoDigits(text, 5)
  const day = twoDigits(text, 8)
  if (text.charCodeAt(4) !== MINUS || text.charCodeAt(7) !== MINUS) return Number.NaN
  if (!(year >= 1 && month >= 1 && month <= 12 && day >= 1)) return Number.NaN
  const leap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)
  if (day > DAYS_IN_MONTH[month - 1]! && !(leap && month === 2 && day === 29)) return Number.NaN
  const before = year - 1
  const leapDays = Math.floor(before / 4) - Math.floor(before / 100) + Math.floor(before / 400)
  const dayOfYear = DAYS_BEFORE_MONTH[month - 1]! + (leap && month > 2 ? 1 : 0) + day - 1
  return before * 365 + leapDays + dayOfYear - 719_162
}

/** Seconds since midnight of `hh:mm:ss` at `at`. */
function parseTimeOfDay(text: string, at: number): number {
  const hour = twoDigits(text, at)
  const minute = twoDigits(text, at + 3)
  const second = twoDigits(text, at + 6)
  const separated = text.charCodeAt(at + 2) === COLON && text.charCodeAt(at + 5) === COLON
  return separated && hour < 24 && minute < 60 && second < 60 ? hour * 3600 + minute * 60 + second : Number.NaN
}

/** Seconds east of UTC of `Z` or `±hh:mm`, which must end the text. */
function parseOffsetSeconds(text: string, at: number): number {
  const sign = text.charCodeAt(at)
  if (sign === Z) return text.length === at + 1 ? 0 : Number.NaN
  if (text.length !== at + 6 || (sign !== PLUS && sign !== MINUS) || text.charCodeAt(at + 3) !== COLON)
    return Number.NaN
  const hours = twoDigits(text, at + 1)
  const minutes = twoDigits(text, at + 4)
  if (!(hours < 24 && minutes < 60)) return Number.NaN
  return (sign === MINUS ? -1 : 1) * (hours * 3600 + minutes * 60)
}

/** Where the optional fraction that begins at `at` ends; −1 when it has no digit, too many, or any beyond microseconds. */
function fractionEnd(text: string, at: number): number {
  if (text.charCodeAt(at) !== POINT) return at
  let end = at + 1
  for (; isDigit(text.charCodeAt(end)); end++) {
    if (end - at > 9 || (end - at > 6 && text.charCodeAt(end) !== 48)) return -1
  }
  return end === at + 1 ? -1 : end
}

/** Microseconds of the fraction digits that begin at `at`. */
function fractionMicros(text: string, at: number): number {
  let micros = 0
  for (let i = at; i < at + 6; i++) {
    const code = text.charCodeAt(i)
    if (!isDigit(code)) {
      for (let missing = i; missing < at + 6; missing++) micros *= 10
      return micros
    }
    micros = micros * 10 + (code - 48)
  }
  return micros
}

/** NaN when one of the two is no digit or past the end. */
function twoDigits(text: string, at: number): number {
  const tens = text.charCodeAt(at)
  const ones = text.charCodeAt(at + 1)
  return isDigit(tens) && isDigit(ones) ? (tens - 48) * 10 + (ones - 48) : Number.NaN
}

function isDigit(code: number): boolean {
  return code >= 48 && code <= 57
}
