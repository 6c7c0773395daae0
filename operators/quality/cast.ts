/** From the rows of one schema to those of another, column by column and exactly, or not at all. */
import { TopologyError } from '../../topology/errors.ts'
import {
  NUMBER_DECIMAL_PRECISION,
  parseIsoDate,
  parseIsoLocalTimestampMicros,
  parseIsoTimeMicros,
  parseIsoTimestampMicros,
} from '../../topology/schema/index.ts'
import type { DataType, Field } from '../../topology/schema/types.ts'
import { columnCopier } from '../column-copier.ts'
import { emptyRow } from '../row-shape.ts'
import { formatFieldValue } from './field-value.ts'

/** Why a row has no counterpart. */
export class CastFailure {
  readonly reason: string
  constructor(reason: string) {
    this.reason = reason
  }
}

export type Cast = (row: Readonly<Record<string, unknown>>) => Record<string, unknown> | CastFailure

/** The value of the other type; undefined when there is none that is equal. */
type Convert = (value: any) => unknown

interface ColumnCast {
  readonly from: Field
  readonly to: Field
  /** Left out: the value stays as it is. */
  readonly convert: Convert | undefined
}

interface ConvertedColumn extends ColumnCast {
  readonly convert: Convert
}

/**
 * A function that casts rows of `from` to rows of `to`: the columns of `to`, by name. Texts are parsed (ISO 8601),
 * decimals rescaled when no digit is lost, integers widened; a null where `to` requires a value is a failure.
 *
 * @throws {TopologyError} `COLUMN_NOT_FOUND`, `CAST_UNSUPPORTED` while the topology is built.
 */
export function createCast(from: readonly Field[], to: readonly Field[]): Cast {
  const columns = to.map((target) => columnCast(from, target))
  const converted = columns.filter((column): column is ConvertedColumn => column.convert !== undefined)
  const kept = columns.filter((column) => column.convert === undefined).map((column) => column.to)
  const required = kept.filter((field) => field.required).map((field) => field.name)
  const copy = columnCopier(
    kept.map(({ name }) => ({ from: name, to: name })),
    new Set(required),
  )
  const empty = emptyRow(to.map((field) => field.name))
  return (row) => {
    const result = { ...empty }
    if (!copy(row, result)) return new CastFailure(`${required.find((name) => isAbsent(row[name]))} is null`)
    for (let i = 0; i < converted.length; i++) {
      const { from, to, convert } = converted[i]!
      const value = row[to.name]
      if (isAbsent(value)) {
        if (to.required) return new CastFailure(`${to.name} is null`)
        continue
      }
      const convertedValue = convert(value)
      if (convertedValue === undefined) {
        return new CastFailure(`${to.name} is ${formatFieldValue(from, value)}, which is no ${typeName(to.type)}`)
      }
      result[to.name] = convertedValue
    }
    return result
  }
}

function isAbsent(value: unknown): boolean {
  return value === null || value === undefined
}

function columnCast(from: readonly Field[], to: Field): ColumnCast {
  const source = from.find((field) => field.name === to.name)
  if (source === undefined) {
    throw new TopologyError('COLUMN_NOT_FOUND', `there is no column ${to.name} to cast`, {
      fix: `The columns are ${from.map((field) => field.name).join(', ')}.`,
    })
  }
  return { from: source, to, convert: conversion(source, to) }
}

function conversion(from: Field, to: Field): Convert | undefined {
  const [source, target] = [from.type, to.type]
  switch (target.kind) {
    case 'decimal':
      if (source.kind === 'decimal') return rescale(source, target)
      if (source.kind === 'int' || source.kind === 'long') return rescale({ precision: 19, scale: 0 }, target)
      break
    case 'long':
      if (source.kind === 'int' || source.kind === 'long') return integer(from, to)
      break
    case 'double':
      if (source.kind === 'double' || source.kind === 'float' || source.kind === 'int') return undefined
      break
    case 'timestamptz':
      if (source.kind === 'string') return parseIsoTimestampMicros
      break
    case 'timestamp':
      if (source.kind === 'string') return parseIsoLocalTimestampMicros
      break
    case 'date':
      if (source.kind === 'string') return (text: string) => defined(parseIsoDate(text))
      break
    case 'time':
      if (source.kind === 'string') return parseIsoTimeMicros
      break
    case 'uuid':
      if (source.kind === 'string') return (text: string) => (UUID.test(text) ? text.toLowerCase() : undefined)
      break
    case 'string':
      if (source.kind === 'uuid') return undefined
      break
  }
  if (sameType(source, target)) return undefined
  throw new TopologyError(
    'CAST_UNSUPPORTED',
    `${to.name} can't be cast from ${typeName(source)} to ${typeName(target)}`,
    {
      fix: 'Convert it in a map() before, or give both schemas the same type.',
    },
  )
}

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

/** A number may stand for a long that is declared int53. */
function integer(from: Field, to: Field): Convert | undefined {
  const isNumber = from.type.kind === 'int' || from.int53 === true
  if (isNumber === (to.int53 === true)) return undefined
  if (isNumber) return (value: number) => BigInt(value)
  return (value: bigint) => {
    const number = Number(value)
    return Number.isSafeInteger(number) ? number : undefined
  }
}

interface Decimal {
  readonly precision: number
  readonly scale: number
}

function rescale(from: Decimal, to: Decimal): Convert | undefined {
  const fromNumber = from.precision <= NUMBER_DECIMAL_PRECISION
  const toNumber = to.precision <= NUMBER_DECIMAL_PRECISION
  const wider = to.precision - to.scale >= from.precision - from.scale
  if (from.scale === to.scale && wider && fromNumber === toNumber) return undefined
  const down = from.scale > to.scale
  const factor = 10n ** BigInt(Math.abs(from.scale - to.scale))
  const limit = 10n ** BigInt(to.precision)
  return (value: number | bigint) => {
    const unscaled = BigInt(value)
    const rescaled = down ? unscaled / factor : unscaled * factor
    if (down && rescaled * factor !== unscaled) return undefined
    if (rescaled >= limit || rescaled <= -limit) return undefined
    return toNumber ? Number(rescaled) : rescaled
  }
}

function defined(value: number): number | undefined {
  return Number.isNaN(value) ? undefined : value
}

/** Types have no functions in them, and their fields stand in one order. */
function sameType(a: DataType, b: DataType): boolean {
  return JSON.stringify(a) === JSON.stringify(b)
}

function typeName(type: DataType): string {
  if (type.kind === 'decimal') return `decimal(${type.precision}, ${type.scale})`
  return type.kind === 'fixed' ? `fixed(${type.length})` : type.kind
}
