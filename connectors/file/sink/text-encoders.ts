/** JSONL and CSV, row by row. */
import { Buffer } from 'node:buffer'
import { z } from 'zod'
import { jsonSerializer } from '../../../topology/schema/index.ts'
import type { Field } from '../../../topology/schema/types.ts'
import type { FileEncoder } from './part-file.ts'

const NOTHING = new Uint8Array(0)
const NEWLINE = new Uint8Array([10])

/** A line per row, in the schema's wire form. */
export function jsonlEncoder(schema: z.ZodObject): () => FileEncoder {
  const serializer = jsonSerializer(schema)
  return () => ({
    rows: (rows) => Buffer.concat(rows.flatMap((row) => [serializer.encode(row), NEWLINE])),
    keptBytes: 0,
    finish: async () => NOTHING,
  })
}

/** The names of the columns, then a line per row: null is empty, the empty string `""`, nested values their JSON. */
export function csvEncoder(schema: z.ZodObject, fields: readonly Field[], delimiter: string): () => FileEncoder {
  const columns = fields.map(({ name }) => ({
    name,
    serializer: jsonSerializer(z.object({ [name]: schema.shape[name] as z.ZodType })),
  }))
  const quoted = new RegExp(`["\\r\\n${delimiter.replaceAll(/[\\^\]-]/g, '\\$&')}]|^$|^\\s|\\s$`)
  const quote = (text: string) => (quoted.test(text) ? `"${text.replaceAll('"', '""')}"` : text)
  const decoder = new TextDecoder()

  function cell(row: Record<string, unknown>, { name, serializer }: (typeof columns)[number]): string {
    const value = row[name]
    if (value === null || value === undefined) return ''
    if (typeof value === 'string') return quote(value)
    // {"name":…}: numbers and times as in JSON, without the quotes of a string.
    const json = decoder.decode(serializer.encode(row as never)).slice(JSON.stringify(name).length + 2, -1)
    return quote(json.startsWith('"') ? (JSON.parse(json) as string) : json)
  }

  const header = `${fields.map(({ name }) => quote(name)).join(delimiter)}\n`
  return () => {
    let isBegun = false
    return {
      rows(rows) {
        let text = isBegun ? '' : header
        isBegun = true
        for (const row of rows) text += `${columns.map((column) => cell(row, column)).join(delimiter)}\n`
        return Buffer.from(text)
      },
      keptBytes: 0,
      finish: async () => NOTHING,
    }
  }
}
