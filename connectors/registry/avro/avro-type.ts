/** Avro schemas as avsc reads and writes their records, with longs as bigint, maps as Map, and no trust in counts. */
import avro from 'avsc'
import { decimalFromBytes, decimalToBytes } from './decimal-bytes.ts'

/** What avsc reads from: its own, pinned. */
interface Tap {
  readonly buf: Buffer
  readonly pos: number
  readLong(): number
  readString(): string
  skipLong(): void
  writeLong(value: number): void
  writeString(value: string): void
}

/** A type as avsc's own types use each other. */
interface InnerType {
  _read(tap: Tap): unknown
  _write(tap: Tap, value: unknown): void
}

/**
 * The type of records of `schema`, an Avro schema as JSON text; `references` are others whose names it uses.
 *
 * Values: long → bigint; bytes and fixed → Buffer; a decimal (bytes or fixed) → its unscaled bigint; map → Map; a union with
 * more than one branch beside null → `{ branch: value }`. Of other logical types, those of the underlying type.
 *
 * @throws {Error} saying what is wrong with the schema
 */
export function avroType(schema: string, references: readonly string[] = []): avro.Type {
  const options = {
    logicalTypes: Object.fromEntries(LOGICAL_TYPES.map((name) => [name, name === 'decimal' ? Decimal : Annotated])),
    omitRecordMethods: true,
    registry: {},
    typeHook,
  } as unknown as Parameters<typeof avro.Type.forSchema>[1]
  for (const reference of references) avro.Type.forSchema(JSON.parse(reference), options)
  return avro.Type.forSchema(JSON.parse(schema), options)
}

const LOGICAL_TYPES = [
  'decimal',
  'uuid',
  'date',
  'time-millis',
  'time-micros',
  'timestamp-millis',
  'timestamp-micros',
  'timestamp-nanos',
  'local-timestamp-millis',
  'local-timestamp-micros',
  'local-timestamp-nanos',
]

type SchemaObject = Readonly<Record<string, unknown>>

/** A type that says what its values mean; they are those of the underlying type. */
export class Annotated extends avro.types.LogicalType {
  readonly meaning: string

  constructor(schema: SchemaObject, options: unknown) {
    // Without its meaning, so that the hook sees the underlying type.
    const { logicalType, ...underlying } = schema
    super(underlying as unknown as avro.Schema, options)
    this.meaning = logicalType as string
    ;(this as unknown as { _logicalTypeName: unknown })._logicalTypeName = logicalType
  }

  protected override _fromValue(value: unknown): unknown {
    return value
  }

  protected override _toValue(value: unknown): unknown {
    return value
  }
}

export class Decimal extends Annotated {
  readonly precision: number
  readonly scale: number

  constructor(schema: SchemaObject, options: unknown) {
    super(schema, options)
    const { precision, scale = 0 } = schema as { readonly precision?: number; readonly scale?: number }
    // avsc then takes the underlying type, as the specification wants it.
    if (
      !(Number.isInteger(precision) && precision! > 0 && Number.isInteger(scale) && scale >= 0 && scale <= precision!)
    )
      throw new Error(`decimal(${precision}, ${scale})`)
    this.precision = precision!
    this.scale = scale
  }

  protected override _fromValue(value: Buffer): bigint {
    return decimalFromBytes(value)
  }

  protected override _toValue(value: unknown): Buffer | undefined {
    if (typeof value !== 'bigint' && typeof value !== 'number') return undefined
    return decimalToBytes(BigInt(value), (this.underlyingType as { readonly size?: number }).size)
  }
}

const ANY_LONG = avro.types.LongType.__with({
  fromBuffer: (bytes: Buffer) => bytes.readBigInt64LE(),
  toBuffer: (value: bigint | number) => {
    const bytes = Buffer.alloc(8)
    bytes.writeBigInt64LE(BigInt(value))
    return bytes
  },
  fromJSON: BigInt,
  toJSON: String,
  isValid: (value: unknown) =>
    typeof value === 'bigint' ? BigInt.asIntN(64, value) === value : Number.isSafeInteger(value),
  compare: (a: bigint, b: bigint) => (a < b ? -1 : a > b ? 1 : 0),
})

/** Twice as much is still exact as a double, which is what avsc calculates with; times and ids of today are less. */
const MAX_SHORT_LONG = 2 ** 52

/** Most longs need no bytes of their own on the way. */
const LONG: avro.Type = Object.freeze(
  Object.create(ANY_LONG, {
    _write: {
      value(tap: Tap, value: unknown) {
        const short = typeof value === 'bigint' ? Number(value) : value
        if (Number.isInteger(short) && Math.abs(short as number) < MAX_SHORT_LONG) tap.writeLong(short as number)
        else (ANY_LONG as unknown as InnerType)._write(tap, value)
      },
    },
  }),
)

class WellFormedString extends avro.types.StringType {
  _check(value: unknown, _flags: unknown, hook?: (value: unknown, type: avro.Type) => void): boolean {
    const isString = typeof value === 'string' && value.isWellFormed()
    if (!isString) hook?.(value, this)
    return isString
  }

  /** avsc would write another string for one that has no UTF-8 form. */
  _write(tap: Tap, value: unknown): void {
    if (typeof value !== 'string') throw new Error('it is not a string')
    if (!value.isWellFormed()) throw new Error('a lone surrogate has no UTF-8 form')
    tap.writeString(value)
  }
}

class BoundedArray extends avro.types.ArrayType {
  _read(tap: Tap): unknown[] {
    const items = this.itemsType as unknown as InnerType
    const array: unknown[] = []
    for (let count = blockCount(tap); count > 0; count = blockCount(tap)) {
      for (let i = 0; i < count; i++) array.push(items._read(tap))
    }
    return array
  }
}

class BoundedMap extends avro.types.MapType {
  _read(tap: Tap): Map<string, unknown> {
    const values = this.valuesType as InnerType
    const map = new Map<string, unknown>()
    for (let count = blockCount(tap); count > 0; count = blockCount(tap)) {
      for (let i = 0; i < count; i++) map.set(tap.readString(), values._read(tap))
    }
    return map
  }

  _check(value: unknown): boolean {
    return value instanceof Map
  }

  _write(tap: Tap, value: unknown): void {
    if (!(value instanceof Map)) throw new Error('it is not a Map')
    const values = this.valuesType as InnerType
    if (value.size > 0) {
      tap.writeLong(value.size)
      for (const [key, entry] of value) {
        STRING._write(tap, key)
        values._write(tap, entry)
      }
    }
    tap.writeLong(0)
  }
}

const STRING = new WellFormedString()

/**
 * How many entries follow; each takes a byte at least. avsc would make as many as the count says, whatever is left of the
 * bytes: a few bad ones could take all memory.
 */
function blockCount(tap: Tap): number {
  let count = tap.readLong()
  if (count < 0) {
    count = -count
    tap.skipLong()
  }
  const left = tap.buf.length - tap.pos
  if (count > left) throw new Error(`${count} entries are said to follow, and ${left} bytes are left`)
  return count
}

function typeHook(schema: avro.Schema, options: unknown): avro.Type | undefined {
  if (Array.isArray(schema)) {
    const branches = schema.filter((branch) => branch !== 'null')
    return branches.length > 1 ? new avro.types.WrappedUnionType(schema, options) : undefined
  }
  const object = typeof schema === 'object' ? (schema as unknown as SchemaObject) : undefined
  if (object !== undefined && LOGICAL_TYPES.includes(object['logicalType'] as string)) return undefined
  switch (object?.['type'] ?? schema) {
    case 'long':
      return LONG
    case 'string':
      return STRING
    case 'array':
      return new BoundedArray(schema, options)
    case 'map':
      return new BoundedMap(schema, options)
    default:
      return undefined
  }
}
