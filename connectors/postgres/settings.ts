/** What `postgres()` says, with the URL that the environment holds. */
import type { EndpointReference } from '../../topology/endpoint.ts'
import { SluiceError } from '../../topology/errors.ts'

type Environment = Readonly<Record<string, string | undefined>>

export interface PostgresSettings {
  readonly name: string
  /** Holds a password: never printed. */
  readonly url: string
  /** The variable that holds it. */
  readonly variable: string
  readonly key: readonly string[]
}

export interface PostgresSourceSettings extends PostgresSettings {
  /** What rows are selected from. */
  readonly from: { readonly table: string } | { readonly query: string }
  readonly incrementBy: string
  readonly pollEveryMs: number
  readonly lagMs: number
  readonly pageRows: number
}

export interface PostgresSinkSettings extends PostgresSettings {
  readonly table: string
}

/** @throws {SluiceError} `ENDPOINT_INVALID` when it can't be read, or its variable holds no URL. */
export function sourceSettings(endpoint: EndpointReference, env: Environment): PostgresSourceSettings {
  const { incrementBy, table, query, pollEveryMs = 10_000, lagMs = 0, pageRows = 1_000 } = endpoint.settings
  if (incrementBy === undefined) throw wrongWay(endpoint, 'written and not read', "{ incrementBy: 'updated_at' }")
  const from = table === undefined ? { query } : { table }
  return { ...commonSettings(endpoint, env), from, incrementBy, pollEveryMs, lagMs, pageRows } as PostgresSourceSettings
}

/** @throws {SluiceError} `ENDPOINT_INVALID` when it can't be written, or its variable holds no URL. */
export function sinkSettings(endpoint: EndpointReference, env: Environment): PostgresSinkSettings {
  const { table } = endpoint.settings
  if (table === undefined) throw wrongWay(endpoint, 'a query, which is read and not written', "{ table: 'orders' }")
  return { ...commonSettings(endpoint, env), table: table as string }
}

function commonSettings({ name, settings }: EndpointReference, env: Environment): PostgresSettings {
  const { connection, key } = settings as { readonly connection: string; readonly key: readonly string[] }
  const url = env[connection] ?? ''
  if (!/^postgres(ql)?:$/.test(URL.parse(url)?.protocol ?? '')) {
    const what = url === '' ? 'is not set' : 'holds no URL of a PostgreSQL database'
    throw new SluiceError('ENDPOINT_INVALID', `endpoint "${name}" needs the variable ${connection}, which ${what}`, {
      fix: `Set ${connection} where the job and its workers run, as postgres://user:password@host:5432/database (%-encode what is special in a URL).`,
      details: { endpoint: name, variable: connection },
    })
  }
  return { name, url, variable: connection, key }
}

function wrongWay({ name }: EndpointReference, is: string, give: string): SluiceError {
  return new SluiceError('ENDPOINT_INVALID', `endpoint "${name}" is ${is}`, { fix: `Give postgres() ${give}.` })
}
