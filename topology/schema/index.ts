/** Schemas: one zod object is the source of a record's every form. */
export { decimalProblem, formatDecimal, parseDecimal } from './decimal.ts'
export {
  formatDate,
  formatLocalMicros,
  formatMicros,
  formatTimeMicros,
  parseIsoDate,
  parseIsoLocalTimestampMicros,
  parseIsoTimeMicros,
  parseIsoTimestampMicros,
  parseIsoTimestampMs,
} from './iso-time.ts'
export { jsonDeserializer } from './json-decoder.ts'
export {
  binary,
  type DecimalValue,
  date,
  decimal,
  double,
  fixed,
  float,
  int,
  int53,
  long,
  time,
  timestamp,
  timestamptz,
  uuid,
} from './kinds.ts'
export type { DecodedRow, Row, Wire } from './row.ts'
export { fieldsOf, structOf } from './struct-of.ts'
export {
  type DataType,
  type Field,
  type ListType,
  MAX_DECIMAL_PRECISION,
  type MapType,
  NUMBER_DECIMAL_PRECISION,
  type PrimitiveType,
  type StructType,
} from './types.ts'
