/** The table that a sink writes: whether its columns take the schema's values, and the statement that puts rows in. */
import { SluiceError } from '../../../topology/errors.ts'
import { nearestName } from '../../../topology/nearest-name.ts'
import type { DataType, Field } from '../../../topology/schema/types.ts'
import type { Session } from '../database.ts'
import { quoted, quotedTable } from '../identifiers.ts'
import type { PostgresSinkSettings } from '../settings.ts'

interface Column {
  readonly name: string
  /** As `format_type` writes it: `numeric(18,2)`. */
  readonly type: string
}

/**
 * Puts one staged chunk in place; parameters are job, sink uid, epoch, subtask and seq of the chunk. Of rows with one key
 * the last counts.
 *
 * @throws {SluiceError} `POSTGRES_TABLE_NOT_FOUND`, `POSTGRES_COLUMN_NOT_FOUND`, `POSTGRES_COLUMN_TYPE` when a value could
 * be rounded or refused.
 */
export async function upsertStatement(
  session: Session,
  { table, key, name }: PostgresSinkSettings,
  fields: readonly Field[],
): Promise<string> {
  const columns = await columnsOf(session, table)
  const typed = fields.map((field) => ({ field, type: typeOf(field, columns, table, name) }))
  const all = fields.map((field) => quoted(field.name))
  const keys = key.map(quoted)
  const given = keys.map((column) => `given.${column}`)
  const others = all.filter((column) => !keys.includes(column))
  // What JSON has as base64 comes as text, and is decoded.
  const isBytes = ({ kind }: DataType) => kind === 'binary' || kind === 'fixed'
  const definition = typed.map(({ field, type }) => `${quoted(field.name)} ${isBytes(field.type) ? 'text' : type}`)
  const values = fields.map(({ name: column, type }) =>
    isBytes(type) ? `decode(${quoted(column)}, 'base64')` : quoted(column),
  )
  const conflict =
    others.length === 0 ? 'NOTHING' : `UPDATE SET ${others.map((c) => `${c} = EXCLUDED.${c}`).join(', ')}`
  return `
    WITH given AS (
      SELECT DISTINCT ON (${given}) given.*, given."sluice ordinal" = ANY (staged.deletes) AS "sluice deletes"
      FROM sluice_staged AS staged,
        ROWS FROM (json_to_recordset(staged.rows::json) AS (${definition}))
          WITH ORDINALITY AS given (${all}, "sluice ordinal")
      WHERE staged.job = $1 AND staged.sink_uid = $2 AND staged.epoch = $3 AND staged.subtask = $4 AND staged.seq = $5
      ORDER BY ${given}, given."sluice ordinal" DESC
    ), gone AS (
      DELETE FROM ${quotedTable(table)} AS target USING given
      WHERE given."sluice deletes" AND (${keys.map((c) => `target.${c}`)}) = (${given})
    )
    INSERT INTO ${quotedTable(table)} (${all}) SELECT ${values} FROM given WHERE NOT "sluice deletes"
    ON CONFLICT (${keys}) DO ${conflict}`
}

async function columnsOf(session: Session, table: string): Promise<readonly Column[]> {
  const columns = await session.query(
    `SELECT attname AS name, format_type(atttypid, atttypmod) AS type FROM pg_attribute
     WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped`,
    [quotedTable(table)],
  )
  return columns as unknown as readonly Column[]
}

function typeOf(field: Field, columns: readonly Column[], table: string, sink: string): string {
  const { name, type } = field
  const column = columns.find((each) => each.name === name)
  const details = { sink, table, column: name }
  if (column === undefined) {
    const meant = nearestName(
      name,
      columns.map((each) => each.name),
    )
    throw new SluiceError('POSTGRES_COLUMN_NOT_FOUND', `sink "${sink}": table ${table} has no column "${name}"`, {
      fix: meant === undefined ? 'Add the column, or take it out of the schema.' : `Did you mean "${meant}"?`,
      details,
    })
  }
  if (takes(column.type, type)) return column.type
  throw new SluiceError(
    'POSTGRES_COLUMN_TYPE',
    `sink "${sink}": column "${name}" of table ${table} is ${column.type}, which can't hold every ${describe(type)}`,
    { fix: `Make it ${SUGGESTED[type.kind](type)}, or declare the field as the column is.`, details },
  )
}

/** Whether a column holds every value of the type as it is: neither rounded nor cut. */
function takes(column: string, type: DataType): boolean {
  switch (type.kind) {
    case 'boolean':
      return column === 'boolean'
    case 'int':
      return /^(integer|bigint|numeric|double precision)$/.test(column)
    case 'long':
      return /^(bigint|numeric)$/.test(column)
    case 'float':
      return /^(real|double precision)$/.test(column)
    case 'double':
      return column === 'double precision'
    case 'decimal': {
      const [, precision, scale = 0] = /^numeric(?:\((\d+),(\d+)\))?$/.exec(column) ?? [null, 0]
      if (precision === undefined) return true
      return Number(scale) >= type.scale && Number(precision) - Number(scale) >= type.precision - type.scale
    }
    case 'date':
      return column === 'date'
    case 'time':
      return /^time(\(6\))? without time zone$/.test(column)
    case 'timestamp':
      return /^timestamp(\(6\))? without time zone$/.test(column)
    case 'timestamptz':
      return /^timestamp(\(6\))? with time zone$/.test(column)
    case 'binary':
    case 'fixed':
      return column === 'bytea'
    case 'uuid':
      return /^(uuid|text|character varying)$/.test(column)
    case 'string':
      // Text that an enum, a domain or a length does not take is refused by the database, never changed.
      return !/^(boolean|smallint|integer|bigint|numeric|real|double|date|time|bytea|jsonb?$|character\()|\[\]$/.test(
        column,
      )
    case 'list':
      return /\[\]$|^jsonb?$/.test(column)
    case 'struct':
    case 'map':
      return /^jsonb?$/.test(column)
  }
}

const SUGGESTED: Readonly<Record<DataType['kind'], (type: DataType) => string>> = {
  boolean: () => 'boolean',
  int: () => 'integer',
  long: () => 'bigint',
  float: () => 'real',
  double: () => 'double precision',
  decimal: (type) => (type.kind === 'decimal' ? `numeric(${type.precision},${type.scale})` : 'numeric'),
  date: () => 'date',
  time: () => 'time',
  timestamp: () => 'timestamp',
  timestamptz: () => 'timestamptz',
  string: () => 'text',
  uuid: () => 'uuid',
  binary: () => 'bytea',
  fixed: () => 'bytea',
  struct: () => 'jsonb',
  list: () => 'jsonb',
  map: () => 'jsonb',
}

function describe(type: DataType): string {
  return type.kind === 'decimal' ? `decimal(${type.precision}, ${type.scale})` : type.kind
}
