/** A PostgreSQL server in a container, and what tests do with it. */
import { PostgreSqlContainer } from '@testcontainers/postgresql'
import pg from 'pg'
import { openPostgresEndpoints } from '../../../connectors/postgres/postgres.ts'
import { systemClock } from '../../../runtime/time/system-clock.ts'
import type { Clock } from '../../../topology/contract/clock.ts'
import type { EndpointSystem } from '../../../topology/contract/endpoint.ts'

export interface Server extends AsyncDisposable {
  readonly url: string
  sql(text: string, values?: unknown[]): Promise<Record<string, any>[]>
  /** Endpoints of jobs whose POSTGRES_URL leads here, or to `url`. */
  endpoints(options?: { url?: string; clock?: Clock; faultPoint?: (name: string) => void }): EndpointSystem
}

export async function startServer(): Promise<Server> {
  const container = await new PostgreSqlContainer('pgvector/pgvector:pg15').start()
  const url = container.getConnectionUri()
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  return {
    url,
    async sql(text, values) {
      const result = await client.query(text, values)
      return result.rows
    },
    endpoints: ({ url: other = url, clock = systemClock, faultPoint } = {}) =>
      openPostgresEndpoints({ env: { POSTGRES_URL: other }, clock, ...(faultPoint && { faultPoint }) }),
    async [Symbol.asyncDispose]() {
      await client.end()
      await container.stop()
    },
  }
}
