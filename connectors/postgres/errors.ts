/** What a database has answered, or that it has not: as errors that name what was being done and what to do. */
import type { DatabaseError } from 'pg'
import { SluiceError } from '../../topology/errors.ts'

/** Where an error happened. */
export interface PostgresSubject {
  /** Host, port and database; no user, no password. */
  readonly server: string
  /** The environment variable that holds the URL. */
  readonly variable: string
  /** As in "reading table orders". */
  readonly doing: string
}

interface Explanation {
  readonly code: string
  readonly fix: string
}

const LOOK_AT_URL = (variable: string) => `Correct the URL in ${variable}.`

/** By SQLSTATE, or by its class: the first two characters. */
const EXPLANATIONS: Readonly<Record<string, (subject: PostgresSubject) => Explanation>> = {
  '28': ({ variable }) => ({ code: 'POSTGRES_UNAUTHENTICATED', fix: `Correct user and password in ${variable}.` }),
  '3D': ({ variable }) => ({ code: 'POSTGRES_DATABASE_NOT_FOUND', fix: LOOK_AT_URL(variable) }),
  '3F000': () => ({ code: 'POSTGRES_TABLE_NOT_FOUND', fix: 'Create the schema, or correct its name.' }),
  '42P01': () => ({
    code: 'POSTGRES_TABLE_NOT_FOUND',
    fix: "Create the table, or correct its name: it is taken as it is written, with its schema as in 'sales.orders'.",
  }),
  '42703': () => ({ code: 'POSTGRES_COLUMN_NOT_FOUND', fix: 'Add the column, or correct its name in the schema.' }),
  '42501': () => ({ code: 'POSTGRES_DENIED', fix: 'Grant the user what the message names.' }),
  '42P10': () => ({
    code: 'POSTGRES_KEY_NOT_UNIQUE',
    fix: 'Make the key of postgres() the primary key of the table, or create a unique index on just these columns.',
  }),
  '23': () => ({
    code: 'POSTGRES_CONSTRAINT',
    fix: 'The checkpoint holds the row: once the table takes it (drop the constraint, add what it refers to), the job goes on.',
  }),
  '22': () => ({
    code: 'POSTGRES_VALUE',
    fix: 'A value does not fit its column. Widen the column, and the job goes on.',
  }),
  '42': () => ({ code: 'POSTGRES_REFUSED', fix: 'Correct the query, or the columns that the schema names.' }),
  '57014': () => ({ code: 'POSTGRES_TIMEOUT', fix: 'Create an index that serves the query, or take smaller pages.' }),
}

/** An error that the database has answered with. Constraints are named with table and key. */
export function answered(error: DatabaseError, subject: PostgresSubject): SluiceError {
  const { code: state = '', table, constraint, column, detail, message } = error
  const explain = EXPLANATIONS[state] ?? EXPLANATIONS[state.slice(0, 2)]
  const { code, fix } = explain?.(subject) ?? { code: 'POSTGRES_REFUSED', fix: 'Look at the log of the database.' }
  const more = detail === undefined ? '' : ` (${detail})`
  return new SluiceError(code, `${subject.server}: ${subject.doing}: ${message}${more}`, {
    cause: error,
    fix,
    details: { ...subject, sqlState: state, table, constraint, column },
  })
}

/** No connection could be made. */
export function unreachable(error: Error, { server, variable, doing }: PostgresSubject): SluiceError {
  const { code } = error as NodeJS.ErrnoException
  const why = error instanceof AggregateError ? error.errors.map(({ message }) => message).join('; ') : error.message
  return new SluiceError('POSTGRES_UNREACHABLE', `PostgreSQL is not reached at ${server}: ${why}`, {
    cause: error,
    fix: `Check that the database runs and that host and port in ${variable} lead to it from here.`,
    details: { server, variable, doing, reason: code ?? why },
  })
}

/**
 * Whether doing it again may help: the connection is gone, the server starts or stops, or it chose this transaction to end
 * a deadlock. Nothing is known then about what was being done.
 */
export function isPassing(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  const { code = '' } = error as NodeJS.ErrnoException
  return PASSING.test(code) || LOST.test(error.message)
}

/** SQLSTATEs: connection exceptions, serialization failure, deadlock, operator intervention; and those of sockets. */
const PASSING =
  /^(08\w{3}|40001|40P01|57P0[1-5]|25P03|ECONNRESET|ECONNREFUSED|ECONNABORTED|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH)$/
/** As the client says it. */
const LOST =
  /^(Connection terminated|Client has encountered a connection error|Query read timeout|timeout expired|Client was closed)/
