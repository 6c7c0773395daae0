/**
 * What keeps one Avro schema from reading what another wrote, by the specification's rules of schema resolution.
 *
 * @see https://avro.apache.org/docs/1.12.0/specification/#schema-resolution
 */
import type avro from 'avsc'
import { describeAvro, type Enum, type Fixed, isArray, isMap, isRecord, isUnion, nameOf } from './avro-kinds.ts'
import { Decimal } from './avro-type.ts'

/** Every reason, with the path of the field; empty when `reader` reads all that `writer` writes. */
export function avroProblems(reader: avro.Type, writer: avro.Type): readonly string[] {
  return compare(reader, writer, '', new Set())
}

/** `open` holds the pairs of records around this one: schemas may contain themselves. */
function compare(reader: avro.Type, writer: avro.Type, path: string, open: Set<string>): string[] {
  if (isUnion(writer)) return writer.types.flatMap((branch) => compare(reader, branch, path, open))
  if (isUnion(reader)) {
    const tried = reader.types.map((branch) => compare(branch, writer, path, open))
    if (tried.some((problems) => problems.length === 0)) return []
    // Of the branch that is meant, more can be said than that none fits.
    const meant = reader.types.findIndex((branch) => nameOf(branch) === nameOf(writer))
    return tried[meant] ?? [problem(path, reader, writer)]
  }
  if (isRecord(reader) && isRecord(writer)) return compareRecords(reader, writer, path, open)
  if (isArray(reader) && isArray(writer)) return compare(reader.itemsType, writer.itemsType, `${path}[]`, open)
  if (isMap(reader) && isMap(writer)) return compare(reader.valuesType, writer.valuesType, `${path}{}`, open)
  const [to, from] = [nameOf(reader), nameOf(writer)]
  if (to === from) {
    if (to === 'enum') return compareEnums(reader as Enum, writer as Enum, path)
    if (to === 'fixed' && (reader as Fixed).size !== (writer as Fixed).size) return [problem(path, reader, writer)]
    return compareDecimals(reader, writer, path)
  }
  return PROMOTIONS[from]?.includes(to) === true ? [] : [problem(path, reader, writer)]
}

/** What a value of a type may be read as besides. */
const PROMOTIONS: Readonly<Record<string, readonly string[]>> = {
  int: ['long', 'float', 'double'],
  long: ['float', 'double'],
  float: ['double'],
  string: ['bytes'],
  bytes: ['string'],
}

function compareRecords(
  reader: avro.types.RecordType,
  writer: avro.types.RecordType,
  path: string,
  open: Set<string>,
): string[] {
  const pair = `${reader.name}\n${writer.name}`
  if (open.has(pair)) return []
  open.add(pair)
  const written = new Map(writer.fields.map((field) => [field.name, field.type]))
  const problems = reader.fields.flatMap((field) => {
    const at = path === '' ? field.name : `${path}.${field.name}`
    const name = [field.name, ...field.aliases].find((each) => written.has(each))
    if (name !== undefined) return compare(field.type, written.get(name)!, at, open)
    return field.defaultValue() === undefined ? [`${at}: it is required, and not written (it has no default)`] : []
  })
  open.delete(pair)
  return problems
}

function compareEnums(reader: Enum, writer: Enum, path: string): string[] {
  if (reader.default !== undefined) return []
  const unknown = writer.symbols.filter((symbol) => !reader.symbols.includes(symbol))
  return unknown.length === 0 ? [] : [`${path}: the enum does not have ${unknown.join(', ')}`]
}

function compareDecimals(reader: avro.Type, writer: avro.Type, path: string): string[] {
  if (!(reader instanceof Decimal && writer instanceof Decimal)) return []
  if (reader.scale === writer.scale && reader.precision >= writer.precision) return []
  return [problem(path, reader, writer)]
}

function problem(path: string, reader: avro.Type, writer: avro.Type): string {
  return `${path === '' ? '' : `${path}: `}${describeAvro(writer)} can't be read as ${describeAvro(reader)}`
}
