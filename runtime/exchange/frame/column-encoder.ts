/** Writes columns of any values: recursively, a column for each field of objects and one for the elements of arrays. */
import { describeValue } from '../../../topology/describe-value.ts'
import { SluiceError } from '../../../topology/errors.ts'
import { type FrameWriter, frameTooLarge } from './frame-writer.ts'
import { Form, HOLE, MAX_DEPTH, Variety } from './layout.ts'
import { type Part, sortByForm } from './mix.ts'
import { makesShape, objectShape } from './object-shape.ts'
import { formOf } from './value-form.ts'
import {
  writeBigints,
  writeBooleans,
  writeBytes,
  writeDates,
  writeLatin1,
  writeNumbers,
  writeUtf16,
} from './write-values.ts'

/** In one column. An array that holds itself twice would double them at every level. */
const MAX_VALUES = 1 << 24

/** Fields of a path that an error shows. */
const MAX_SHOWN = 12

export class ColumnEncoder {
  private readonly out: FrameWriter
  /** Fields down to the column being written. */
  private readonly path: string[] = []

  constructor(out: FrameWriter) {
    this.out = out
  }

  /**
   * Most columns hold one form of values, and the first one tells which.
   *
   * @throws {SluiceError} `VALUE_NOT_TRANSPORTABLE` naming the field and what it holds
   */
  write(values: readonly unknown[]): void {
    const start = this.out.length
    const isUniform = values.length > 0 && this.writeUniform(this.formOf(values[0]), values)
    if (isUniform) return
    this.out.rewind(start)
    this.writeMix(values)
  }

  /** Begins anew: an error leaves where it happened. */
  clear(): void {
    this.path.length = 0
  }

  private writeField(name: string, values: readonly unknown[]): void {
    this.path.push(name)
    if (this.path.length > MAX_DEPTH) throw this.refused(values[0], `values in values, ${MAX_DEPTH} levels deep`)
    this.write(values)
    this.path.pop()
  }

  /** Returns false when not all values are of that form, or when it is one that needs a mix around it. */
  private writeUniform(form: number, values: readonly any[]): boolean {
    const { out } = this
    switch (form) {
      case Form.float64:
        return writeNumbers(out, values)
      case Form.latin1:
        return writeLatin1(out, values)
      case Form.utf16:
        return writeUtf16(out, values)
      case Form.boolean:
        return writeBooleans(out, values)
      case Form.bigint:
        return writeBigints(out, values)
      case Form.date:
        return writeDates(out, values)
      case Variety.object:
      case Variety.bareObject:
        return this.writeObjects(form, values)
      case Variety.array:
      case Variety.set:
        return values.every((value) => formOf(value) === form) && this.writeLists(form, values)
      case Variety.map:
        return values.every((value) => formOf(value) === form) && this.writeEntries(form, values)
      default:
        return (form & 0xff) === Form.bytes && writeBytes(out, form, values)
    }
  }

  private writeObjects(form: number, objects: readonly any[]): boolean {
    const names = Object.keys(objects[0])
    if (!makesShape(names)) return false
    const shape = objectShape(names)
    const columns = shape.columns(objects, Object.getPrototypeOf(objects[0]))
    if (columns === undefined) return false
    this.out.header(form, shape.encodedNames.length)
    const start = this.out.section(shape.encodedNames.length)
    this.out.bytes.set(shape.encodedNames, start)
    for (let index = 0; index < columns.length; index++) this.writeField(names[index]!, columns[index]!)
    return true
  }

  private writeLists(form: number, lists: readonly any[]): true {
    const elements: unknown[] = []
    const lengths: number[] = []
    for (const list of lists) {
      const length: number = form === Variety.set ? list.size : list.length
      if (elements.length + length > MAX_VALUES) throw frameTooLarge(`more than ${MAX_VALUES} elements`)
      if (form === Variety.set) for (const element of list) elements.push(element)
      else appendElements(elements, list)
      lengths.push(length)
    }
    this.out.header(form, elements.length)
    this.writeCounts(lengths)
    this.writeField('[]', elements)
    return true
  }

  private writeEntries(form: number, values: readonly any[]): true {
    const keys: unknown[] = []
    const entries: unknown[] = []
    const lengths: number[] = []
    for (const value of values) {
      const before = keys.length
      for (const [key, entry] of form === Variety.map ? value : Object.entries(value)) {
        keys.push(key)
        entries.push(entry)
      }
      if (keys.length > MAX_VALUES) throw frameTooLarge(`more than ${MAX_VALUES} entries`)
      lengths.push(keys.length - before)
    }
    this.out.header(form, keys.length)
    this.writeCounts(lengths)
    this.writeField('{key}', keys)
    this.writeField('{}', entries)
    return true
  }

  private writeCounts(counts: readonly number[]): void {
    const start = this.out.section(counts.length * 4)
    this.out.u32.set(counts, start >> 2)
  }

  private writeMix(values: readonly unknown[]): void {
    const { out } = this
    const { parts, selectors } = sortByForm(values, this.formOf)
    out.header(Form.mix, parts.length)
    const start = out.section(selectors.length)
    out.bytes.set(selectors, start)
    this.writeCounts(parts.map((part) => part.values.length))
    for (const part of parts) this.writePart(part)
  }

  private writePart({ form, values }: Part): void {
    if (form === Form.null || form === Form.undefined || form === Form.hole) this.out.header(form, 0)
    else if (form === Variety.objectEntries || form === Variety.bareObjectEntries) this.writeEntries(form, values)
    else if (!this.writeUniform(form, values)) throw this.refused(values[0], 'a value that changes while it is read')
  }

  private readonly formOf = (value: unknown): number => formOf(value) ?? this.refuse(value)

  private refuse(value: unknown): never {
    throw this.refused(value, nameOf(value))
  }

  private refused(value: unknown, what: string): SluiceError {
    const field = nameOfPath(this.path)
    const where = field === '' ? 'a record' : `the field ${field}`
    return new SluiceError(
      'VALUE_NOT_TRANSPORTABLE',
      `${where} cannot go to another process, since it holds ${what}: ${describeValue(value)}`,
      {
        fix: 'Put plain data in its place before the record leaves its chain: primitives, dates, bytes, and objects, arrays, maps and sets of these.',
        details: { field, value: describeValue(value) },
      },
    )
  }
}

/** The elements, holes marked. */
function appendElements(elements: unknown[], array: readonly unknown[]): void {
  for (let index = 0; index < array.length; index++) {
    const element = array[index]
    elements.push(element === undefined && !(index in array) ? HOLE : element)
  }
}

function nameOfPath(path: readonly string[]): string {
  const shown = path.length > MAX_SHOWN ? [...path.slice(0, MAX_SHOWN), '…'] : path
  return shown.join('.').replaceAll('.[]', '[]').replaceAll('.{', '{')
}

function nameOf(value: unknown): string {
  if (typeof value !== 'object' || value === null) return `a ${typeof value}`
  const name = Object.getPrototypeOf(value)?.constructor?.name
  return typeof name === 'string' ? `an instance of ${name}` : 'an object that inherits from another'
}
