/** Constants of a statement as values of a column's type, when both mean exactly the same under comparison. */
import type { Field } from '../../../topology/schema/types.ts'
import { NUMBER_DECIMAL_PRECISION } from '../../../topology/schema/types.ts'
import type { SyntaxNode } from './syntax-tree.ts'

type Literal = string | number | bigint | boolean

const DAY_MICROS = 86_400_000_000n
const DATE_TIME =
  /^(\d{4})-(\d{2})-(\d{2})(?:[ T](\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,6}))?)?)?(?:\s?(Z)|([+-])(\d{2})(?::?(\d{2}))?)?$/
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

/**
 * The in-memory value of `field`'s type that `expression` stands for, or undefined when it is no constant, or when
 * DuckDB would compare in another type than the column's and so could round.
 */
export function toLiteral(expression: SyntaxNode, field: Field): Literal | undefined {
  const constant = constantOf(expression)
  if (constant === undefined) return undefined
  const { type } = field
  switch (type.kind) {
    case 'boolean':
      return toBoolean(constant)
    case 'int':
      return narrow(toScaled(constant, 0), 'number')
    case 'long':
      return narrow(toScaled(constant, 0), field.int53 === true ? 'number' : 'bigint')
    case 'decimal':
      return narrow(toScaled(constant, type.scale), type.precision <= NUMBER_DECIMAL_PRECISION ? 'number' : 'bigint')
    case 'float':
    case 'double':
      return toFloat(constant, type.kind)
    case 'string':
      return constant.type === 'VARCHAR' && constant.cast === undefined ? String(constant.value) : undefined
    case 'uuid': {
      const isUuid =
        constant.type === 'VARCHAR' && (constant.cast ?? 'UUID') === 'UUID' && UUID.test(String(constant.value))
      return isUuid ? String(constant.value).toLowerCase() : undefined
    }
    case 'date': {
      const micros = toMicros(constant, 'DATE')
      return micros !== undefined && micros % DAY_MICROS === 0n ? Number(micros / DAY_MICROS) : undefined
    }
    case 'timestamp':
      return toMicros(constant, 'TIMESTAMP')
    case 'timestamptz':
      return toMicros(constant, 'TIMESTAMP WITH TIME ZONE')
    default:
      return undefined
  }
}

interface Constant {
  /** DuckDB's type of the constant itself. */
  readonly type: string
  readonly scale: number
  readonly value: unknown
  /** The type it is cast to, if it is. */
  readonly cast: string | undefined
}

function constantOf(expression: SyntaxNode): Constant | undefined {
  if (expression.class === 'CAST') {
    const inner = constantOf(expression['child'] as SyntaxNode)
    // Only text is cast without a chance of rounding: DATE '…', TIMESTAMP '…', '…'::timestamptz, TRUE.
    if (inner === undefined || inner.cast !== undefined || inner.type !== 'VARCHAR') return undefined
    return { ...inner, cast: (expression['cast_type'] as { readonly id: string }).id }
  }
  if (expression.class !== 'CONSTANT') return undefined
  const { type, is_null, value } = expression['value'] as {
    readonly type: { readonly id: string; readonly type_info?: { readonly scale?: number } }
    readonly is_null: boolean
    readonly value?: unknown
  }
  return is_null ? undefined : { type: type.id, scale: type.type_info?.scale ?? 0, value, cast: undefined }
}

function toBoolean({ type, value, cast }: Constant): boolean | undefined {
  if (type === 'BOOLEAN') return value as boolean
  if (cast !== 'BOOLEAN') return undefined
  return value === 't' ? true : value === 'f' ? false : undefined
}

/** An exact number as an integer of units of 10^−scale. */
function toScaled({ type, scale: ownScale, value, cast }: Constant, scale: number): bigint | undefined {
  if (cast !== undefined || !/^(TINYINT|SMALLINT|INTEGER|BIGINT|DECIMAL)$/.test(type)) return undefined
  if (typeof value !== 'number' && typeof value !== 'bigint') return undefined
  const unscaled = BigInt(value)
  if (ownScale <= scale) return unscaled * 10n ** BigInt(scale - ownScale)
  const divisor = 10n ** BigInt(ownScale - scale)
  return unscaled % divisor === 0n ? unscaled / divisor : undefined
}

function narrow(value: bigint | undefined, form: 'number' | 'bigint'): Literal | undefined {
  if (value === undefined || form === 'bigint') return value
  return value >= BigInt(Number.MIN_SAFE_INTEGER) && value <= BigInt(Number.MAX_SAFE_INTEGER)
    ? Number(value)
    : undefined
}

function toFloat(constant: Constant, kind: 'float' | 'double'): number | undefined {
  if (kind === 'double' && constant.type === 'DOUBLE' && constant.cast === undefined) {
    return Number.isFinite(constant.value) ? (constant.value as number) : undefined
  }
  const integer = narrow(toScaled(constant, 0), 'number') as number | undefined
  if (integer === undefined || (kind === 'float' && Math.fround(integer) !== integer)) return undefined
  return integer
}

/**
 * Microseconds since the epoch. The session's zone is UTC, so a date, a timestamp without and one with a zone compare
 * as the instants they are in UTC. A text with an offset is a constant with a zone only.
 */
function toMicros({ type, value, cast }: Constant, columnType: string): bigint | undefined {
  if (type !== 'VARCHAR') return undefined
  const target = cast ?? columnType
  if (target !== 'DATE' && target !== 'TIMESTAMP' && target !== 'TIMESTAMP WITH TIME ZONE') return undefined
  const match = DATE_TIME.exec(String(value))
  if (match === null) return undefined
  const [, year, month, day, hour, minute, second = '0', fraction = '', zulu, sign, offsetHour, offsetMinute = '0'] =
    match
  if (target === 'DATE' && hour !== undefined) return undefined
  if (target !== 'TIMESTAMP WITH TIME ZONE' && (zulu ?? sign) !== undefined) return undefined

  const midnightMs = Date.UTC(Number(year), Number(month) - 1, Number(day))
  const isDate = Number(year) > 99 && new Date(midnightMs).toISOString().startsWith(`${year}-${month}-${day}`)
  if (!isDate || Number(hour ?? 0) > 23 || Number(minute ?? 0) > 59 || Number(second) > 59) return undefined
  const seconds = Number(hour ?? 0) * 3600 + Number(minute ?? 0) * 60 + Number(second)
  const offsetSeconds = (Number(offsetHour ?? 0) * 3600 + Number(offsetMinute) * 60) * (sign === '-' ? -1 : 1)
  return BigInt(midnightMs) * 1000n + BigInt(seconds - offsetSeconds) * 1_000_000n + BigInt(fraction.padEnd(6, '0'))
}
