/** From rows of a topic to messages of the Protobuf schema that follows from its fields. */
import protobuf from 'protobufjs'
import { formatDecimal } from '../../../topology/schema/decimal.ts'
import { formatDate, formatLocalMicros, formatTimeMicros } from '../../../topology/schema/iso-time.ts'
import type { DataType, StructType } from '../../../topology/schema/types.ts'

type Convert = (value: any) => unknown

/** Makes the function that gives the messages of rows of `struct`; `type` has been made of its schema. */
export function protobufWriter(type: protobuf.Type, struct: StructType): (row: unknown) => Uint8Array {
  const convert = structConverter(struct)
  return (row) => type.encode(convert(row) as { [k: string]: unknown }).finish()
}

function structConverter({ fields }: StructType): Convert {
  const columns = fields.map(({ name, type, required }) => ({
    name,
    convert: converterOf(type),
    isRequired: required && type.kind !== 'list' && type.kind !== 'map',
  }))
  return (row: Readonly<Record<string, unknown>>) => {
    const message: Record<string, unknown> = {}
    for (const { name, convert, isRequired } of columns) {
      const value = row[name] ?? null
      try {
        // Left out, it would be read as 0 or as an empty string.
        if (value !== null) message[name] = convert(value)
        else if (isRequired) throw new RangeError('it is required, and null')
      } catch (error) {
        throw error instanceof UnencodableError
          ? error.within(name)
          : new UnencodableError(name, (error as Error).message)
      }
    }
    return message
  }
}

class UnencodableError extends RangeError {
  readonly path: string
  readonly problem: string

  constructor(path: string, problem: string) {
    super(`${path}: ${problem}`)
    this.path = path
    this.problem = problem
  }

  within(name: string): UnencodableError {
    return new UnencodableError(`${name}.${this.path}`, this.problem)
  }
}

function converterOf(type: DataType): Convert {
  switch (type.kind) {
    case 'long':
      return (value: bigint | number) => longOf(BigInt(value))
    case 'int':
      return int32
    case 'decimal':
      return (unscaled: bigint | number) => formatDecimal(unscaled, type.scale)
    case 'date':
      return formatDate
    case 'time':
      return formatTimeMicros
    case 'timestamp':
      return formatLocalMicros
    case 'timestamptz':
      return timestampOf
    case 'string':
    case 'uuid':
      return wellFormed
    case 'struct':
      return structConverter(type)
    case 'list': {
      const convert = converterOf(type.element)
      return (list: readonly unknown[]) => list.map(convert)
    }
    case 'map': {
      const convert = converterOf(type.value)
      const convertKey = type.key.kind === 'long' ? String : converterOf(type.key)
      return (map: ReadonlyMap<unknown, unknown>) =>
        // Without a prototype: a key may have any name.
        Object.assign(
          Object.create(null),
          Object.fromEntries(Array.from(map, ([key, value]) => [convertKey(key), convert(value)])),
        )
    }
    default:
      return (value) => value
  }
}

/** protobufjs writes 0 for a bigint. */
function longOf(value: bigint): unknown {
  if (BigInt.asIntN(64, value) !== value) throw new RangeError(`${value} is no integer of 64 bits`)
  return new protobuf.util.Long(Number(BigInt.asIntN(32, value)), Number(BigInt.asIntN(32, value >> 32n)), false)
}

function int32(value: number): number {
  if ((value | 0) !== value) throw new RangeError(`${value} is no integer of 32 bits`)
  return value
}

function wellFormed(text: string): string {
  if (typeof text !== 'string') throw new RangeError(`${String(text)} is no string`)
  if (!text.isWellFormed()) throw new RangeError('a lone surrogate has no UTF-8 form')
  return text
}

function timestampOf(micros: bigint): unknown {
  const rest = ((micros % 1_000_000n) + 1_000_000n) % 1_000_000n
  return { seconds: longOf((micros - rest) / 1_000_000n), nanos: Number(rest) * 1000 }
}
