/** DuckDB's values as JSON can hold them exactly. */
import {
  DuckDBArrayValue,
  DuckDBBlobValue,
  DuckDBListValue,
  DuckDBMapValue,
  DuckDBStructValue,
  DuckDBTimestampMillisecondsValue,
  DuckDBTimestampNanosecondsValue,
  DuckDBTimestampSecondsValue,
  DuckDBTimestampTZValue,
  DuckDBTimestampValue,
  DuckDBUnionValue,
  type DuckDBValue,
} from '@duckdb/node-api'
import type { Json } from '../../../topology/json.ts'

/**
 * 64-bit and wider integers, decimals, dates, times, intervals, uuids → string; NaN and infinities → "NaN", "Infinity",
 * "-Infinity"; timestamps → ISO 8601, with Z when they have a zone; binary → hexadecimal; struct → object; list and
 * array → array; map → array of {key, value}; union → its value.
 */
export function toJsonValue(value: DuckDBValue): Json {
  switch (typeof value) {
    case 'number':
      return Number.isFinite(value) ? value : String(value)
    case 'string':
    case 'boolean':
      return value
    case 'bigint':
      return value.toString()
  }
  if (value === null) return null
  if (value instanceof DuckDBTimestampTZValue) return isoTimestamp(value.micros, 'Z') ?? value.toString()
  if (value instanceof DuckDBTimestampValue) return isoTimestamp(value.micros, '') ?? value.toString()
  if (
    value instanceof DuckDBTimestampSecondsValue ||
    value instanceof DuckDBTimestampMillisecondsValue ||
    value instanceof DuckDBTimestampNanosecondsValue
  ) {
    return value.toString().replace(' ', 'T')
  }
  if (value instanceof DuckDBBlobValue) return Buffer.from(value.bytes).toString('hex')
  if (value instanceof DuckDBListValue || value instanceof DuckDBArrayValue) return value.items.map(toJsonValue)
  if (value instanceof DuckDBStructValue) {
    return Object.fromEntries(Object.entries(value.entries).map(([name, field]) => [name, toJsonValue(field)]))
  }
  if (value instanceof DuckDBMapValue) {
    return value.entries.map((entry) => ({ key: toJsonValue(entry.key), value: toJsonValue(entry.value) }))
  }
  if (value instanceof DuckDBUnionValue) return toJsonValue(value.value)
  return value.toString()
}

/** Undefined for what ISO 8601 or Date cannot say: infinities, and years beyond 275760. */
function isoTimestamp(micros: bigint, zone: 'Z' | ''): string | undefined {
  const microsOfSecond = ((micros % 1_000_000n) + 1_000_000n) % 1_000_000n
  const date = new Date(Number((micros - microsOfSecond) / 1000n))
  if (Number.isNaN(date.getTime())) return undefined
  const fraction =
    microsOfSecond === 0n
      ? ''
      : `.${microsOfSecond
          .toString()
          .padStart(6, '0')
          .replace(/(000)$/, '')}`
  return date.toISOString().replace('.000Z', `${fraction}${zone}`)
}
