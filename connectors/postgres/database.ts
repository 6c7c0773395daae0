/** A connection to a database that is made when it is needed, and made again when it was lost. */
import type { Client, DatabaseError, QueryResultRow } from 'pg'
import type { Clock } from '../../topology/contract/clock.ts'
import { SluiceError } from '../../topology/errors.ts'
import { answered, isPassing, type PostgresSubject, unreachable } from './errors.ts'
import type { PostgresSettings } from './settings.ts'

/** Texts, since every value is cast to text in SQL: nothing is rounded on its way. */
export type TextRow = Readonly<Record<string, string | null>>

/** What runs statements: within a transaction, or each for itself. */
export interface Session {
  query(sql: string, values?: readonly unknown[]): Promise<readonly TextRow[]>
}

const CONNECT_TIMEOUT_MS = 5_000
/** A reply that is later than this is lost. */
const REPLY_TIMEOUT_MS = 120_000
/** How long is tried again what a lost connection has left undone. */
const RETRY_FOR_MS = 30_000
const GOODBYE_MS = 1_000
const FIRST_DELAY_MS = 50
const MAX_DELAY_MS = 2_000

/**
 * Times are UTC and ISO; a server that hears no more of us within a transaction rolls it back, so that its locks hold up
 * nobody.
 */
const SET_UP = `
  SET TimeZone = 'UTC'; SET DateStyle = 'ISO'; SET extra_float_digits = 1; SET bytea_output = 'hex';
  SET idle_in_transaction_session_timeout = '60s'; SET statement_timeout = '110s'`

export class Database {
  /** Host, port and database. */
  readonly server: string
  private readonly settings: PostgresSettings
  private readonly clock: Clock
  private client: Promise<Client> | undefined
  /** It was there: what is lost now comes back. */
  private wasReached = false
  private isClosed = false

  constructor(settings: PostgresSettings, clock: Clock) {
    this.settings = settings
    this.clock = clock
    const { hostname, port, pathname } = new URL(settings.url)
    this.server = `${hostname || 'localhost'}:${port || 5432}${pathname}`
  }

  /**
   * Runs `work`, which must be harmless when done twice: it is done again when its connection was lost.
   *
   * @param doing as in "reading table orders", for errors
   */
  async run<T>(doing: string, work: (session: Session) => Promise<T>): Promise<T> {
    const startedMs = this.clock.monotonicMs()
    const subject = { server: this.server, variable: this.settings.variable, doing }
    for (let attempt = 0; ; attempt++) {
      const reachedBefore = this.wasReached
      try {
        const client = await this.connected(subject)
        return await work({
          query: async (sql, values) => {
            const { rows } = await client.query<QueryResultRow>(sql, values as unknown[])
            return rows
          },
        })
      } catch (error) {
        if (!isPassing(error) && !isPassing((error as Error).cause)) throw explained(error, subject)
        await this.disconnect()
        const delayMs = Math.min(MAX_DELAY_MS, FIRST_DELAY_MS * 2 ** attempt)
        const triedMs = this.clock.monotonicMs() + delayMs - startedMs
        // A place that was never reached is more likely wrong than away.
        if (!reachedBefore || this.isClosed || triedMs > RETRY_FOR_MS) throw explained(error, subject)
        await new Promise<void>((resolve) => {
          this.clock.schedule(delayMs, resolve)
        })
      }
    }
  }

  /**
   * Runs `work` in a transaction. When the reply to COMMIT is lost it is not known whether it was done: `work` is run again,
   * and has to look first.
   */
  transaction<T>(doing: string, work: (session: Session) => Promise<T>, beforeCommit = () => {}): Promise<T> {
    return this.run(doing, async (session) => {
      await session.query('BEGIN')
      let result: T
      try {
        result = await work(session)
        beforeCommit()
      } catch (error) {
        if (!isPassing(error)) await session.query('ROLLBACK')
        throw error
      }
      await session.query('COMMIT')
      return result
    })
  }

  async close(): Promise<void> {
    this.isClosed = true
    await this.disconnect()
  }

  private async connected(subject: PostgresSubject): Promise<Client> {
    if (this.isClosed) throw new SluiceError('POSTGRES_CLOSED', `${this.server}: ${subject.doing}: it has been closed`)
    this.client ??= this.connect()
    try {
      const client = await this.client
      this.wasReached = true
      return client
    } catch (error) {
      this.client = undefined
      throw isDatabaseError(error) ? error : unreachable(error as Error, subject)
    }
  }

  private async connect(): Promise<Client> {
    const { Client } = (await import('pg')).default
    const client = new Client({
      connectionString: this.settings.url,
      application_name: 'sluice',
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      query_timeout: REPLY_TIMEOUT_MS,
      keepAlive: true,
    })
    // Statements under way hear of it too; between two, the next one connects again.
    client.on('error', () => {
      void this.disconnect()
    })
    await client.connect()
    await client.query(SET_UP)
    return client
  }

  private async disconnect(): Promise<void> {
    const { client } = this
    this.client = undefined
    const connected = await client?.catch(() => undefined)
    if (connected === undefined) return
    // A line that is cut hears no goodbye.
    const { promise: patience, resolve } = Promise.withResolvers<void>()
    using _timer = this.clock.schedule(GOODBYE_MS, resolve)
    await Promise.race([connected.end().catch(() => {}), patience])
  }
}

function isDatabaseError(error: unknown): error is DatabaseError {
  return error instanceof Error && 'severity' in error
}

function explained(error: unknown, subject: PostgresSubject): unknown {
  return isDatabaseError(error) ? answered(error, subject) : error
}
