/** CSV: records by csv-parse, their columns named by the first line, as JSON objects in the schema's wire form. */
import { CsvError, parse } from 'csv-parse/sync'
import { SluiceError } from '../../../topology/errors.ts'
import type { DataType, Field } from '../../../topology/schema/types.ts'
import type { RecordFormat } from './text-split.ts'

const QUOTE = 34
const NUMBER = /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/

type Column = string | null

/**
 * A record whose columns are not as many as the header's is passed on as it stands: no schema takes it, so it is rejected
 * where records are decoded.
 */
export function csvFormat(file: string, fields: readonly Field[], delimiter: string): RecordFormat {
  const encoder = new TextEncoder()
  let read: {
    readonly header: Uint8Array
    readonly toJson: (columns: readonly Column[]) => string
    readonly width: number
  }

  function parsed(bytes: Uint8Array, record: number): Column[][] {
    try {
      return parse(bytes, {
        delimiter,
        relax_column_count: true,
        skip_empty_lines: true,
        cast: (value, { quoting }) => (value === '' && !quoting ? null : value) as string,
      })
    } catch (error) {
      if (!(error instanceof CsvError)) throw error
      const at = record + 1 + Number((error as CsvError & { records?: number }).records ?? 0)
      throw new SluiceError('FILE_INVALID', `${file}, record ${at}: ${error.message}`, {
        cause: error,
        fix: 'Quote columns that hold the delimiter, a quote or a line end, and double quotes in them.',
        details: { file, record: at, rule: error.code },
      })
    }
  }

  return {
    quote: QUOTE,
    hasHeader: true,
    values(bytes, ranges, header, firstRecord) {
      if (read?.header !== header) {
        const names = (parsed(header!, -1)[0] ?? []).map((name) => name ?? '')
        read = { header: header!, toJson: objectWriter(names, fields), width: names.length }
      }
      const rows = parsed(bytes.subarray(ranges[0], ranges.at(-1)), firstRecord)
      if (rows.length !== ranges.length / 2) {
        throw new SluiceError(
          'FILE_INVALID',
          `${file}, record ${firstRecord + 1} and those behind it: a quote is not closed`,
          {
            fix: 'A quote within a column must be doubled, and the column quoted.',
            details: { file, record: firstRecord + 1 },
          },
        )
      }
      return rows.map((columns, i) =>
        columns.length === read.width
          ? encoder.encode(read.toJson(columns))
          : bytes.slice(ranges[2 * i], ranges[2 * i + 1]),
      )
    },
  }
}

function objectWriter(names: readonly string[], fields: readonly Field[]): (columns: readonly Column[]) => string {
  const types = new Map(fields.map((field) => [field.name, field.type]))
  const columns = names.map((name, i) => ({
    prefix: `${i === 0 ? '' : ','}${JSON.stringify(name)}:`,
    write: writerOf(types.get(name)),
  }))
  return (row) => {
    let text = '{'
    for (let i = 0; i < columns.length; i++) {
      const value = row[i]!
      text += columns[i]!.prefix + (value === null ? 'null' : columns[i]!.write(value))
    }
    return `${text}}`
  }
}

/** What is not of the type goes on as a string, which the decoder refuses and names. */
function writerOf(type: DataType | undefined): (text: string) => string {
  switch (type?.kind) {
    case 'boolean':
      return (text) => (text === 'true' || text === 'false' ? text : JSON.stringify(text))
    case 'int':
    case 'long':
    case 'float':
    case 'double':
    case 'decimal':
      return (text) => (NUMBER.test(text) ? text : JSON.stringify(text))
    case 'struct':
    case 'list':
    case 'map':
      return (text) => (isJson(text) ? text : JSON.stringify(text))
    default:
      return (text) => JSON.stringify(text)
  }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}
