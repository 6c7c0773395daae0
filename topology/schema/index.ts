/** Schemas: one zod object is the source of a record's every form. */

export type { DecodedRow, Row, Wire } from './row.ts'
export { fieldsOf, structOf } from './struct-of.ts'
