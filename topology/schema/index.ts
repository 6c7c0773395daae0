/** Schemas: one zod object is the source of a record's every form. */
export { type ArrowField, type ArrowType, arrowFields } from './arrow.ts'
export { avroSchema } from './avro.ts'
export { decimalProblem, formatDecimal, parseDecimal } from './decimal.ts'
export { describeFields, describeType } from './describe.ts'
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
export { jsonSchema } from './json-schema.ts'
export { jsonSerializer } from './json-serializer.ts'
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
export { fieldsOf, structOf, valueTypeOf } from './struct-of.ts'
export {
  type DataType,
  type Field,
  type ListType,
  MAX_DECIMAL_PRECISION,
  type MapType,
  NUMBER_DECIMAL_PRECISION,
  type PrimitiveType,
  type StructType,
  type ValueType,
} from './types.ts'
export { type ValidationError, type ValidationResult, validate } from './validate.ts'
