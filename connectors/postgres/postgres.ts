/** PostgreSQL as source and sink: what `postgres()` names is opened here. */
import type { Clock } from '../../topology/contract/clock.ts'
import type { EndpointSystem } from '../../topology/contract/endpoint.ts'
import { Database } from './database.ts'
import { type PostgresSettings, sinkSettings, sourceSettings } from './settings.ts'
import { PostgresSink } from './sink/sink.ts'
import { PostgresSource } from './source/source.ts'

export interface PostgresEndpointsOptions {
  /** Where URLs are looked up by the names that endpoints give. */
  readonly env: Readonly<Record<string, string | undefined>>
  readonly clock: Clock
  /** Says which clients are not installed, before they are missed. */
  readonly requireClients?: (purpose: string, clients: readonly string[]) => void
  /** Called at places where a crash would split a step in two. */
  readonly faultPoint?: (name: string) => void
}

/**
 * Sources give each row as JSON: `topic` is the endpoint's name, `offset` the row's number, `key` the text of its key (of
 * several columns: a JSON array of them), `timestampMs` the value of `incrementBy` where that is a time. Exactly once, both
 * ways, together with checkpoints.
 *
 * @example openPostgresEndpoints({ env: process.env, clock }).sink(postgres('totals', Order, { connection: 'SHOP_URL', table: 'totals', key: ['id'] }))
 */
export function openPostgresEndpoints(options: PostgresEndpointsOptions): EndpointSystem {
  const { env, clock, requireClients = () => {}, faultPoint = () => {} } = options
  const opener = (settings: PostgresSettings) => () => new Database(settings, clock)
  return {
    source(endpoint) {
      requireClients('PostgreSQL', ['pg'])
      const settings = sourceSettings(endpoint, env)
      return new PostgresSource({ settings, fields: endpoint.fields, openDatabase: opener(settings) })
    },
    sink(endpoint) {
      requireClients('PostgreSQL', ['pg'])
      const settings = sinkSettings(endpoint, env)
      const { schema, fields } = endpoint
      return new PostgresSink({ settings, schema, fields, openDatabase: opener(settings), faultPoint })
    },
  }
}
