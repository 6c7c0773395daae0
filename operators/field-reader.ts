/** Reads one field of a row, whose name is known when the job is built. */
import { generated, quoted } from '../topology/generated.ts'

const readers = new Map<string, (row: any) => unknown>()

/** The reader of a field, made once: a function that many names share learns where none of them lies. */
export function fieldReader(field: string): (row: any) => unknown {
  let reader = readers.get(field)
  if (reader === undefined) {
    reader = generated<(row: any) => unknown>(['row'], `return row[${quoted(field)}]`, (row) => row[field])
    readers.set(field, reader)
  }
  return reader
}
