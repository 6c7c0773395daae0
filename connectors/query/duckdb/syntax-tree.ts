/**
 * The statement as DuckDB's own parser sees it: what `json_serialize_sql` returns, so that what is judged is what runs.
 *
 * The serialisation is `{error, statements: [{node}]}`; a node is an object with a `type`, expressions also with a
 * `class`; absent and empty properties are left out.
 */
import type { DuckDBConnection } from '@duckdb/node-api'
import { SluiceError } from '../../../topology/errors.ts'

/** A node of the tree, an expression or a list of them; unknown parts are walked, not understood. */
export interface SyntaxNode {
  readonly type?: string
  readonly class?: string
  readonly [property: string]: unknown
}

/**
 * The tree of the one SELECT in `sql`. Integers beyond ±(2^53 − 1) are bigints.
 *
 * @throws {SluiceError} `SQL_INVALID` when it does not parse, `SQL_REFUSED` when it is no SELECT or more than one.
 */
export async function parseSelect(connection: DuckDBConnection, sql: string): Promise<SyntaxNode> {
  if (sql.includes('\0')) throw new SluiceError('SQL_INVALID', 'the query holds a NUL character', { details: { sql } })
  const literal = `'${sql.replaceAll("'", "''")}'`
  const reader = await connection.runAndReadAll(
    `SELECT json_serialize_sql(${literal}, skip_null := true, skip_empty := true)`,
  )
  const serialized = parseJson(String(reader.getRows()[0]![0])) as {
    readonly error: boolean
    readonly error_type?: string
    readonly error_message?: string
    readonly position?: string
    readonly statements?: readonly { readonly node: SyntaxNode }[]
  }
  if (serialized.error) {
    if (serialized.error_type === 'not implemented') throw notOneSelect('this is no SELECT', sql)
    throw syntaxError(sql, serialized.error_message ?? 'it does not parse', Number(serialized.position))
  }
  const statements = serialized.statements ?? []
  if (statements.length === 0) throw new SluiceError('SQL_INVALID', 'the query is empty', { details: { sql } })
  if (statements.length > 1) throw notOneSelect(`there are ${statements.length} statements`, sql)
  return statements[0]!.node
}

/** Every node below `node`, itself first. */
export function* walk(node: unknown): Generator<SyntaxNode> {
  if (typeof node !== 'object' || node === null) return
  if (!Array.isArray(node)) yield node as SyntaxNode
  for (const child of Object.values(node)) yield* walk(child)
}

function parseJson(text: string): unknown {
  return JSON.parse(text, ((_key: string, value: unknown, { source }: { source: string }) =>
    typeof value === 'number' && Number.isInteger(value) && !Number.isSafeInteger(value) && /^-?\d+$/.test(source)
      ? BigInt(source)
      : value) as (key: string, value: unknown) => unknown)
}

function notOneSelect(reason: string, sql: string): SluiceError {
  return new SluiceError('SQL_REFUSED', `only one SELECT can be run; ${reason}`, {
    fix: 'Write a single SELECT (WITH, UNION, DESCRIBE and VALUES are fine); tables are written by jobs only.',
    details: { sql },
  })
}

function syntaxError(sql: string, reason: string, position: number): SluiceError {
  if (!Number.isInteger(position)) return new SluiceError('SQL_INVALID', reason, { details: { sql } })
  const before = sql.slice(0, position).split('\n')
  const line = before.length
  const column = before.at(-1)!.length + 1
  return new SluiceError('SQL_INVALID', `line ${line}, column ${column}: ${reason}`, { details: { sql, line, column } })
}
