/** Reads the columns of a frame: their layout at once, their values when somebody asks. */
import { Column, MixColumn, ObjectColumn } from './column.ts'
import { frameCorrupt } from './frame-corrupt.ts'
import type { ColumnHeader, FrameReader } from './frame-reader.ts'
import { BYTE_TYPES, Form, HOLE, MAX_DEPTH, Variety } from './layout.ts'
import { objectMaker } from './object-maker.ts'
import {
  readArrays,
  readBigints,
  readBooleans,
  readBytes,
  readDates,
  readMaps,
  readObjects,
  readSets,
  readStrings,
} from './read-values.ts'

/** What lies around a column. */
interface Place {
  readonly depth: number
  /** Where holes may be. */
  readonly inArray: boolean
}

/**
 * A column of `length` values. Each of them takes a byte of the frame at least, so a length that the frame can't hold is
 * noticed before anything is allocated for it.
 *
 * @throws {SluiceError} `FRAME_CORRUPT`
 */
export function readColumn(frame: FrameReader, length: number, place: Place = { depth: 0, inArray: false }): Column {
  const header = frame.header()
  return header.form === Form.mix ? readMix(frame, length, header, place) : readForm(frame, length, header, place)
}

function readMix(frame: FrameReader, length: number, { size }: ColumnHeader, place: Place): Column {
  const selectors = frame.u8(length)
  const lengths = frame.u32(size)
  if (lengths.reduce((sum, each) => sum + each, 0) !== length) throw frameCorrupt('parts do not add up to their column')
  const parts = Array.from(lengths, (partLength) => {
    const header = frame.header()
    return readConstant(header, partLength, place) ?? readForm(frame, partLength, header, place)
  })
  return new MixColumn(selectors, parts)
}

/** Of values that take no bytes. */
function readConstant({ form }: ColumnHeader, length: number, { inArray }: Place): Column | undefined {
  const all = (value: unknown) => new Column(length, () => new Array(length).fill(value))
  if (form === Form.null) return all(null)
  if (form === Form.undefined) return all(undefined)
  return form === Form.hole && inArray ? all(HOLE) : undefined
}

function readForm(frame: FrameReader, length: number, header: ColumnHeader, place: Place): Column {
  const make = readSimple(frame, length, header)
  return make === undefined ? readNested(frame, length, header, place) : new Column(length, make)
}

/** Values that hold no others: how to make them, or undefined for other forms. */
function readSimple(
  frame: FrameReader,
  length: number,
  { form, variety, size }: ColumnHeader,
): (() => ArrayLike<unknown>) | undefined {
  switch (form) {
    case Form.boolean: {
      const flags = frame.u8(length)
      return () => readBooleans(flags)
    }
    case Form.int32: {
      const integers = frame.i32(length)
      return () => integers
    }
    case Form.float64: {
      const floats = frame.f64(length)
      return () => floats
    }
    case Form.int64: {
      const integers = frame.i64(length)
      return () => integers
    }
    case Form.bigint: {
      const inner = frame.header()
      if (inner.form !== Form.latin1) throw frameCorrupt(`the digits of bigints have the form ${inner.form}`)
      const lengths = frame.u32(length)
      const digits = frame.bytes(inner.size)
      return () => readBigints(readStrings(lengths, digits, 'latin1'))
    }
    case Form.latin1: {
      const lengths = frame.u32(length)
      const text = frame.bytes(size)
      return () => readStrings(lengths, text, 'latin1')
    }
    case Form.utf16: {
      const lengths = frame.u32(length)
      const text = frame.bytes(size * 2)
      return () => readStrings(lengths, text, 'utf16le')
    }
    case Form.date: {
      const milliseconds = frame.f64(length)
      return () => readDates(milliseconds)
    }
    case Form.bytes: {
      const type = BYTE_TYPES[variety]
      if (type === undefined) throw frameCorrupt(`there are no bytes of variety ${variety}`)
      const lengths = frame.u32(length)
      const bytes = frame.bytes(size)
      return () => readBytes(lengths, bytes, type)
    }
  }
  return undefined
}

/** Values that hold others, which lie in columns of their own. */
function readNested(frame: FrameReader, length: number, header: ColumnHeader, place: Place): Column {
  const { form, variety, size } = header
  const formAndVariety = form | (variety << 8)
  if (place.depth === MAX_DEPTH) throw frameCorrupt(`it has more than ${MAX_DEPTH} levels of values in values`)
  const column = (count: number, inArray = false) => readColumn(frame, count, { depth: place.depth + 1, inArray })
  switch (formAndVariety) {
    case Variety.object:
    case Variety.bareObject: {
      const maker = objectMaker(frame.bytes(size).toString(), formAndVariety === Variety.bareObject)
      return new ObjectColumn(
        length,
        maker,
        maker.names.map(() => column(length)),
      )
    }
    case Variety.array: {
      const lengths = frame.u32(length)
      const elements = column(size, true)
      return new Column(length, () => readArrays(lengths, elements.values))
    }
    case Variety.set: {
      const lengths = frame.u32(length)
      const elements = column(size)
      return new Column(length, () => readSets(lengths, elements.values))
    }
    case Variety.map: {
      const lengths = frame.u32(length)
      const [keys, values] = [column(size), column(size)]
      return new Column(length, () => readMaps(lengths, keys.values, values.values))
    }
    case Variety.objectEntries:
    case Variety.bareObjectEntries: {
      const lengths = frame.u32(length)
      const [names, values] = [column(size), column(size)]
      return new Column(length, () =>
        readObjects(lengths, names.values, values.values, formAndVariety === Variety.bareObjectEntries),
      )
    }
  }
  throw frameCorrupt(`no column has the form ${form} and the variety ${variety}`)
}
