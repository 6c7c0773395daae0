/** The statements that a source reads by. */
import type { DataType, Field } from '../../../topology/schema/types.ts'
import { quoted, quotedTable } from '../identifiers.ts'
import type { PostgresSourceSettings } from '../settings.ts'
import { type PostgresPosition, valuesOf } from './position.ts'

export interface Statement {
  readonly sql: string
  readonly values: readonly string[]
}

export interface Selects {
  /** A statement for no rows, which has the database look at all names. */
  readonly probe: Statement
  /** The last row there is, or the last before a time (ISO): `"0"`, the value of its column, and `"1"` …, its key. */
  last(beforeTime?: string): Statement
  /**
   * The next rows behind `start`, up to and with `stop`: `value`, a JSON object; `"0"` …, as above; and `ms`, the column as
   * milliseconds when it is a time.
   */
  page(start: PostgresPosition, stop: PostgresPosition | undefined): Statement
}

/** @param fields of the schema: what is selected, and how its bytes are written */
export function selectsOf(
  { from, incrementBy, key, lagMs, pageRows }: PostgresSourceSettings,
  fields: readonly Field[],
): Selects {
  const source = `${'table' in from ? quotedTable(from.table) : `(${from.query}\n)`} AS rows`
  // What is selected has names as well, which ORDER BY would prefer.
  const columnOf = (name: string) => `rows.${quoted(name)}`
  const column = columnOf(incrementBy)
  const kind = fields.find((field) => field.name === incrementBy)!.type.kind
  const isTime = kind === 'timestamptz' || kind === 'timestamp' || kind === 'date'
  const columns = fields.map(({ name, type }) => `${written(columnOf(name), type)} AS ${quoted(name)}`).join(', ')
  const names = [incrementBy, ...key]
  const texts = names.map((name, i) => `${columnOf(name)}::text AS "${i}"`).join(', ')
  // A key that holds the column is ordered, and compared, without it.
  const places = names.flatMap((name, i) => (i > 0 && name === incrementBy ? [] : [i]))
  const order = places.map((i) => columnOf(names[i]!))
  const orderBy = order.join(', ')
  const ms = isTime ? `floor(extract(epoch FROM ${column}) * 1000)::text` : 'NULL'
  // The session's zone is UTC: so a time without zone is one of UTC.
  const isOldEnough = lagMs === 0 ? [] : [`${column} <= (now() - interval '${lagMs} ms')::${kind}`]
  const where = (...conditions: string[]) => [`${column} IS NOT NULL`, ...isOldEnough, ...conditions].join(' AND ')

  return {
    probe: {
      sql: `SELECT ${columns}, ${texts} FROM ${source} WHERE ${where('false')} ORDER BY ${orderBy}`,
      values: [],
    },
    last: (beforeTime) => ({
      sql: `SELECT ${texts} FROM ${source} WHERE ${where(...(beforeTime === undefined ? [] : [`${column} < $1`]))}
        ORDER BY ${order.map((each) => `${each} DESC`).join(', ')} LIMIT 1`,
      values: beforeTime === undefined ? [] : [beforeTime],
    }),
    page(start, stop) {
      const values: string[] = []
      const placed = (position: PostgresPosition) =>
        places.map((i) => `$${values.push(valuesOf(position)[i]!)}`).join(', ')
      const conditions: string[] = []
      const from = valuesOf(start)
      if (from.length === 1) conditions.push(`${column} >= $${values.push(from[0]!)}`)
      if (from.length > 1) conditions.push(`(${orderBy}) > (${placed(start)})`)
      if (stop !== undefined) conditions.push(`(${orderBy}) <= (${placed(stop)})`)
      return {
        sql: `SELECT (SELECT row_to_json("sluice row".*) FROM (SELECT ${columns}) AS "sluice row")::text AS value, ${texts}, ${ms} AS ms
          FROM ${source} WHERE ${where(...conditions)} ORDER BY ${orderBy} LIMIT ${pageRows}`,
        values,
      }
    },
  }
}

/** Values as JSON has them here: bytes as base64 in one line. */
function written(column: string, { kind }: DataType): string {
  return kind === 'binary' || kind === 'fixed' ? `translate(encode(${column}, 'base64'), E'\\n', '')` : column
}
