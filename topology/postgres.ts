/** PostgreSQL as the beginning of a stream (a table or a query, read along a column) or its end (rows upserted by key). */
import type { z } from 'zod'
import type { DurationMs } from './duration.ts'
import { type EndpointReference, type EndpointSource, endpoint, type UpsertSink } from './endpoint.ts'
import { TopologyError } from './errors.ts'
import { type Row, structOf } from './schema/index.ts'

interface PostgresOptions<S extends z.ZodObject> {
  /**
   * The environment variable that holds the URL, `postgres://user:password@host:5432/database`. Its value is printed
   * nowhere.
   */
  readonly connection: string
  /**
   * The columns that tell rows apart, none of which may be null: a sink upserts by them (the table needs a unique index on
   * them), a source orders by them what is equal in `incrementBy`.
   */
  readonly key: readonly (keyof z.input<S> & string)[]
}

/** How a source reads. */
interface Increment<S extends z.ZodObject> {
  /**
   * A column that only grows: new and changed rows have a larger value in it than those before, as `updated_at` or a
   * serial `id`. Rows that hold null in it are not read.
   */
  readonly incrementBy: keyof z.input<S> & string
  /**
   * How often it is asked for more.
   *
   * @default 10 seconds
   */
  readonly pollEvery?: DurationMs
  /**
   * Of an `incrementBy` of times: rows younger than this by the database's clock are left for later. A row whose
   * transaction commits after a row of a later value was read is missed for good, unless `lag` is longer than the longest
   * transaction that writes them. A time without zone is taken for UTC.
   *
   * @default 0
   */
  readonly lag?: DurationMs
  /**
   * Rows of one query at most, which are in memory at once.
   *
   * @default 1000
   */
  readonly pageRows?: number
}

export interface PostgresTable<S extends z.ZodObject> extends PostgresOptions<S> {
  /** `orders` or `sales.orders`, written as it is in the database: names are quoted. */
  readonly table: string
}

export interface PostgresTableSource<S extends z.ZodObject> extends PostgresTable<S>, Increment<S> {}

export interface PostgresQuerySource<S extends z.ZodObject> extends PostgresOptions<S>, Increment<S> {
  /** A SELECT without `;` that has the schema's columns. */
  readonly query: string
}

/**
 * Names a table or a query of a PostgreSQL database, and the schema of its rows: its columns are read and written by name,
 * others are left alone.
 *
 * As a source, with `incrementBy`: rows are read in the order of that column and the key, page by page, and what has come
 * since by asking again. Exactly once by position: a row that is changed is read again with its new value, several changes
 * between two looks are read as one, and deletes are not seen. Its event time, until the job assigns another, is the
 * column's where that is a time. Binary columns are `bytea`, objects `json` or `jsonb`, lists an array or one of these.
 *
 * As a sink: an upsert by key. Exactly once: rows wait in the table `sluice_staged` of the same database, and are put in
 * place in one transaction with a row of `sluice_sink_epoch` once their checkpoint is complete. Of several rows with one key
 * the last counts, in the order of the stream within a subtask: `keyBy` the key where several subtasks write it. An
 * updating stream is taken too: what it deletes is deleted by its key.
 *
 * @throws {TopologyError} `POSTGRES_OPTIONS` when the options don't fit each other or the schema.
 * @example from(postgres('orders', Order, { connection: 'SHOP_URL', table: 'orders', incrementBy: 'id', key: ['id'] }))
 * @example orders.pipe(to(postgres('copy', Order, { connection: 'SHOP_URL', table: 'orders_copy', key: ['id'] })))
 */
export function postgres<S extends z.ZodObject>(
  name: string,
  schema: S,
  options: PostgresTableSource<S>,
): EndpointSource<Row<S>> & UpsertSink<Row<S>>
export function postgres<S extends z.ZodObject>(
  name: string,
  schema: S,
  options: PostgresQuerySource<S>,
): EndpointSource<Row<S>>
export function postgres<S extends z.ZodObject>(name: string, schema: S, options: PostgresTable<S>): UpsertSink<Row<S>>
export function postgres<S extends z.ZodObject>(name: string, schema: S, options: AnyOptions<S>): EndpointReference {
  const { connection, key, incrementBy, table, query, pollEvery, lag, pageRows } = options
  checkOptions(name, schema, options)
  const settings = { connection, key, incrementBy, table, query, pollEveryMs: pollEvery, lagMs: lag, pageRows }
  return {
    ...endpoint('postgres', name, schema, settings),
    ...(table !== undefined && { takesChanges: true }),
    ...(incrementBy !== undefined && {
      placeOf: ({ topic, key }: { topic: string; key: Uint8Array | null }) =>
        `of ${topic} with key ${new TextDecoder().decode(key!)}`,
    }),
  }
}

type AnyOptions<S extends z.ZodObject> = PostgresOptions<S> &
  Partial<Increment<S>> & { readonly table?: string; readonly query?: string }

function checkOptions<S extends z.ZodObject>(name: string, schema: S, options: AnyOptions<S>): void {
  const { connection, key, incrementBy, table, query, lag = 0, pageRows = 1 } = options
  const { fields } = structOf(schema)
  const fieldOf = (column: string) => fields.find((field) => field.name === column)
  const refuse = (problem: string, fix: string): never => {
    throw new TopologyError('POSTGRES_OPTIONS', `postgres('${name}'): ${problem}`, { fix })
  }
  if (!/^[A-Za-z_]\w*$/.test(connection))
    refuse(
      'connection is not the name of an environment variable',
      "Put the URL into a variable, and name that: { connection: 'POSTGRES_URL' }.",
    )
  if ((table === undefined) === (query === undefined))
    refuse('it needs either a table or a query', "Give { table: 'orders' }, or { query: 'SELECT …' } to read only.")
  if (query !== undefined && incrementBy === undefined)
    refuse('a query can only be read', "Name the column it is read along, as in { incrementBy: 'updated_at' }.")
  if (key.length === 0) refuse('it has no key', "Name the columns that tell rows apart, as in { key: ['id'] }.")
  const names = fields.map((field) => field.name).join(', ')
  for (const column of incrementBy === undefined ? key : [...key, incrementBy])
    if (fieldOf(column) === undefined) refuse(`"${column}" is no column of its schema`, `Its columns are ${names}.`)
  const nullable = key.find((column) => fieldOf(column)!.required === false)
  if (nullable !== undefined)
    refuse(
      `"${nullable}" of the key may be null`,
      'Let no column of the key be optional or nullable: null equals nothing.',
    )
  const kind = incrementBy === undefined ? undefined : fieldOf(incrementBy)!.type.kind
  if (lag > 0 && kind !== 'timestamptz' && kind !== 'timestamp')
    refuse(`lag needs a column of times, and ${incrementBy} is ${kind}`, 'Read along a timestamptz, or leave lag out.')
  if (!Number.isInteger(pageRows) || pageRows < 1)
    refuse(`pageRows can't be ${pageRows}`, 'It is a whole number, 1 or more.')
}
