/**
 * The code that scans JSON records of one schema straight into columns.
 *
 * It takes what serializers write: an object of the schema's fields in their order, some of them left out, no white space
 * but one blank behind `:` and `,`, no escapes, numbers of at most 15 digits without an exponent, times in UTC. Whatever
 * is otherwise leaves the block `record`, and the exact decoder has the record, with the same result or its refusal.
 */

import type { EncodedKind } from '../../encoded-column.ts'
import { quoted } from '../../generated.ts'
import type { DataType, Field } from '../types.ts'
import { DECIMAL_DIGITS } from './digits.ts'
import { areNext, copyText, copyUuid } from './words.ts'

/** How columns hold a type; undefined when the scanner does not know it. */
export function encodedKind({ type, int53 }: Pick<Field, 'type' | 'int53'>): EncodedKind | undefined {
  switch (type.kind) {
    case 'string':
    case 'uuid':
      return 'utf8'
    case 'int':
    case 'date':
      return 'int32'
    case 'long':
      return int53 === true ? 'float64' : 'int64'
    case 'time':
    case 'timestamp':
    case 'timestamptz':
      return 'int64'
    case 'float':
    case 'double':
      return 'float64'
    case 'decimal':
      return type.precision <= DECIMAL_DIGITS ? 'float64' : undefined
    case 'boolean':
      return 'boolean'
    default:
      return undefined
  }
}

/**
 * The body of `(b, starts, ends, first, count, columns, setNull, reserve, view, isUtf8, slow, POWERS)`: scans `count`
 * records from place `first` on, each from `starts` to `ends` in the bytes `b`, into rows 0 and on. Gives false as soon as
 * `slow(row, start, end)` does.
 *
 * Of column k: `ck` itself, `ak` its values, `hk` their halves; of text `wk` its bytes to write, `uk` how many are taken,
 * `vk` with those of this record, `ok` its offsets; of dates `yk`, `mk` and `dk`, as they came last, and `zk`, the day.
 */
export function scanCode(fields: readonly Field[]): string {
  const kinds = fields.map((field) => encodedKind(field)!)
  const strings = kinds.flatMap((kind, k) => (kind === 'utf8' ? [k] : []))
  const dates = fields.flatMap(({ type }, k) => (DATES.has(type.kind) ? [k] : []))
  const [y, m, d] = [0, 4, 6].map((at) => Buffer.from('1970-01-01').readInt32LE(at))
  const each = (list: readonly number[], code: (k: number) => string) => list.map(code).join('\n')
  return `
    ${each([...fields.keys()], (k) => `const c${k} = columns[${k}];`)}
    const r = view(b)
    ${each(strings, (k) => `let w${k} = view(c${k}.data), u${k} = 0; const o${k} = c${k}.offsets;`)}
    ${fields.map((_, k) => arrays(kinds[k]!, k)).join('\n')}
    ${each(dates, (k) => `let y${k} = ${y}, m${k} = ${m}, d${k} = ${d}, z${k} = 0;`)}
    for (let row = 0; row < count; row++) {
      const start = starts[first + row], end = ends[first + row]
      ${each(strings, (k) => `if (w${k}.byteLength - u${k} < end - start) { c${k}.used = u${k}; w${k} = view(reserve(c${k}, end - start)) }`)}
      record: {
        if (start < 0 || b[start] !== 123) break record
        let p = start + 1, c = 0, high = 0
        if (b[p] !== 34 && b[p] !== 125) break record
        ${each(strings, (k) => `let v${k} = u${k};`)}
        ${fields.map((field, k) => member(field, k)).join('\n')}
        if (b[p] !== 125 || p + 1 !== end) break record
        if (high === 1) {
          if (!isUtf8(b.subarray(start, end))) break record
          ${each(strings, (k) => `c${k}.isAscii = false;`)}
        }
        ${each(strings, (k) => `u${k} = v${k};`)}
        continue
      }
      ${each(strings, (k) => `c${k}.used = u${k};`)}
      if (!slow(row, start, end)) return false
      ${each(strings, (k) => `u${k} = c${k}.used; w${k} = view(c${k}.data);`)}
    }
    ${each(strings, (k) => `c${k}.used = u${k};`)}
    return true`
}

function arrays(kind: EncodedKind, k: number): string {
  if (kind === 'utf8') return ''
  if (kind === 'int64') return `const h${k} = new Int32Array(c${k}.values.buffer);`
  return `const a${k} = c${k}.values;`
}

const DATES: ReadonlySet<DataType['kind']> = new Set(['date', 'timestamp', 'timestamptz'])

/** One field: its value where its name comes next, else null. */
function member({ name, type, int53 }: Field, k: number): string {
  const key = [...Buffer.from(`${quoted(name)}:`)]
  const none =
    type.kind === 'string' || type.kind === 'uuid' ? `c${k}.used = v${k}; setNull(c${k}, row)` : `setNull(c${k}, row)`
  return `
    if (${areNext(key)}) {
      p += ${key.length}
      if (b[p] === 32) p++
      if (b[p] === 110) {
        if (b[p + 1] !== 117 || b[p + 2] !== 108 || b[p + 3] !== 108) break record
        p += 4
        ${none}
      } else {
        ${value(type, int53 === true, k)}
      }
      if (b[p] === 44) {
        p++
        if (b[p] === 32) p++
        if (b[p] !== 34) break record
      } else if (b[p] !== 125) break record
    } else { ${none} }`
}

function value(type: DataType, int53: boolean, k: number): string {
  switch (type.kind) {
    case 'string':
      return `
        if (b[p++] !== 34) break record
        ${copyText(k)}
        p++
        o${k}[row + 1] = v${k}`
    case 'uuid':
      return `
        if (b[p++] !== 34) break record
        ${copyUuid(k)}
        if (b[p++] !== 34) break record
        o${k}[row + 1] = v${k}`
    case 'boolean':
      return `
        if (b[p] === 116) {
          if (b[p + 1] !== 114 || b[p + 2] !== 117 || b[p + 3] !== 101) break record
          p += 4
          a${k}[row] = 1
        } else {
          if (b[p] !== 102 || b[p + 1] !== 97 || b[p + 2] !== 108 || b[p + 3] !== 115 || b[p + 4] !== 101) break record
          p += 5
          a${k}[row] = 0
        }`
    case 'int':
      return `{ ${integer};
 if (m > ${2 ** 31 - 1}) break record; a${k}[row] = negative ? -m : m }`
    case 'long':
      return `{ ${integer};
 if (negative) m = -m; ${int53 ? `a${k}[row] = m + 0` : int64(k, 'm')} }`
    case 'double':
      return `{ ${number};
 const v = m / POWERS[f]; a${k}[row] = negative ? -v : v }`
    case 'float':
      return `{ ${number};
 const v = m / POWERS[f]; a${k}[row] = Math.fround(negative ? -v : v) }`
    case 'decimal':
      return `{
        ${number};
        if (f > ${type.scale}) break record
        m *= POWERS[${type.scale} - f]
        if (m >= ${10 ** type.precision}) break record
        a${k}[row] = negative && m !== 0 ? -m : m }`
    case 'date':
      return `{ if (b[p++] !== 34) break record; ${day(k)};
 if (b[p++] !== 34) break record; a${k}[row] = days }`
    case 'time':
      return `{ if (b[p++] !== 34) break record; ${time};
 if (b[p++] !== 34) break record; ${int64(k, 'seconds * 1e6 + micros')} }`
    case 'timestamp':
    case 'timestamptz':
      return `{
        if (b[p++] !== 34) break record
        ${day(k)};
        if (b[p++] !== 84) break record
        ${time};
        ${type.kind === 'timestamptz' ? 'if (b[p++] !== 90) break record' : ''}
        if (b[p++] !== 34) break record
        ${int64(k, '(days * 86400 + seconds) * 1e6 + micros')} }`
    default:
      throw new Error(`the scanner has no code for ${type.kind}`)
  }
}

/** By halves, since a bigint would have to be made for each. */
function int64(k: number, expression: string): string {
  return `const v = ${expression}; h${k}[row * 2] = v; h${k}[row * 2 + 1] = Math.floor(v / 4294967296)`
}

/** Makes `negative` and `m`, of at most 15 digits. */
const integer = `
  let negative = false, m = 0
  if (b[p] === 45) { negative = true; p++ }
  c = b[p++]
  if (!(c >= 48 && c <= 57)) break record
  m = c - 48
  if (c === 48) { if (b[p] >= 48 && b[p] <= 57) break record }
  else {
    const digits = p
    while ((c = b[p]) >= 48 && c <= 57) { m = m * 10 + c - 48; p++ }
    if (p - digits >= ${DECIMAL_DIGITS}) break record
  }`

/** Makes `negative`, `m`, of at most 15 digits, and `f`, how many of them are behind the point. */
const number = `
  ${integer};
  let f = 0
  if (b[p] === 46) {
    const point = p++
    while ((c = b[p]) >= 48 && c <= 57) { m = m * 10 + c - 48; p++ }
    f = p - point - 1
    if (f === 0 || m >= ${10 ** DECIMAL_DIGITS} || f > ${DECIMAL_DIGITS}) break record
  }
  if (b[p] === 101 || b[p] === 69) break record`

const digit = (at: string) => `(b[${at}] - 48)`
const two = (at: string) => `(b[${at}] - 48) * 10 + b[${at} + 1] - 48`
const areDigits = (...places: readonly number[]) =>
  places.map((i) => `b[p + ${i}] >= 48 && b[p + ${i}] <= 57`).join(' && ')

/** Makes `days`: those of the row before where the date is the same, as it mostly is. */
const day = (k: number) => `
  if (p + 10 > end) break record
  const y = r.getInt32(p, true), m = r.getInt32(p + 4, true), d = r.getInt32(p + 6, true)
  if (y !== y${k} || m !== m${k} || d !== d${k}) {
    ${date}
    y${k} = y, m${k} = m, d${k} = d, z${k} = days
  }
  const days = z${k}
  p += 10`

/** Makes `days` since the epoch, of 1970 to 2199; see days_from_civil in Howard Hinnant's "chrono-compatible date algorithms". */
const date = `
  if (!(${areDigits(0, 1, 2, 3, 5, 6, 8, 9)}) || b[p + 4] !== 45 || b[p + 7] !== 45) break record
  const year = ${digit('p')} * 1000 + ${digit('p + 1')} * 100 + ${two('p + 2')}
  const month = ${two('p + 5')}, day = ${two('p + 8')}
  if (year < 1970 || year > 2199 || month < 1 || month > 12 || day < 1) break record
  const isLeap = (year & 3) === 0 && (year % 100 !== 0 || year % 400 === 0)
  if (day > (month === 2 ? (isLeap ? 29 : 28) : month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31)) break record
  const shifted = month > 2 ? year : year - 1
  const era = (shifted / 400) | 0
  const yearOfEra = shifted - era * 400
  const dayOfYear = (((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) | 0) + day - 1
  const days = era * 146097 + yearOfEra * 365 + (yearOfEra >> 2) - ((yearOfEra / 100) | 0) + dayOfYear - 719468`

/** Makes `seconds` of the day and `micros`. */
const time = `
  if (!(${areDigits(0, 1, 3, 4, 6, 7)}) || b[p + 2] !== 58 || b[p + 5] !== 58) break record
  const hour = ${two('p')}, minute = ${two('p + 3')}, second = ${two('p + 6')}
  if (hour > 23 || minute > 59 || second > 59) break record
  p += 8
  const seconds = hour * 3600 + minute * 60 + second
  let micros = 0
  if (b[p] === 46) {
    const point = p++
    while ((c = b[p]) >= 48 && c <= 57) { micros = micros * 10 + c - 48; p++ }
    const f = p - point - 1
    if (f === 0 || f > 6) break record
    micros *= POWERS[6 - f]
  }`
