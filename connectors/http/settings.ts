/** What `webhook()` and `http()` say, with the secrets that the environment holds. */
import type { EndpointReference } from '../../topology/endpoint.ts'
import { SluiceError } from '../../topology/errors.ts'

type Environment = Readonly<Record<string, string | undefined>>

export interface WebhookSettings {
  readonly name: string
  readonly host: string
  readonly port: number
  /** Undefined: none is asked for. */
  readonly token: string | undefined
  readonly bufferBytes: number
  readonly maxBodyBytes: number
}

export interface PostSettings {
  readonly name: string
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly batchRows: number
  readonly onRefused: 'fail' | 'quarantine'
  readonly retryForMs: number
  readonly timeoutMs: number
}

/** @throws {SluiceError} `ENDPOINT_INVALID` when a variable is not set, naming the variable and never its value. */
export function webhookSettings({ name, settings }: EndpointReference, env: Environment): WebhookSettings {
  if (settings['port'] === undefined) throw wrongWay(name, 'a URL to post to', 'webhook()')
  const { host, port, tokenVariable, bufferBytes = 16 << 20, maxBodyBytes = 4 << 20 } = settings
  const token = tokenVariable === undefined ? undefined : secret(name, String(tokenVariable), env)
  return { name, host, port, token, bufferBytes, maxBodyBytes } as WebhookSettings
}

/** @throws {SluiceError} `ENDPOINT_INVALID` when a variable is not set, naming the variable and never its value. */
export function postSettings({ name, settings }: EndpointReference, env: Environment): PostSettings {
  if (settings['url'] === undefined) throw wrongWay(name, 'a webhook that records come from', 'http()')
  const { url, batchRows = 500, onRefused = 'fail', retryForMs = 300_000, timeoutMs = 30_000 } = settings
  const variables = (settings['headerVariables'] ?? {}) as Readonly<Record<string, string>>
  const headers = Object.fromEntries(
    Object.entries(variables).map(([header, variable]) => [header, secret(name, variable, env)]),
  )
  return { name, url, headers, batchRows, onRefused, retryForMs, timeoutMs } as PostSettings
}

function secret(endpoint: string, variable: string, env: Environment): string {
  const value = env[variable]
  if (value !== undefined && value !== '') return value
  throw new SluiceError(
    'ENDPOINT_INVALID',
    `endpoint "${endpoint}" needs the environment variable ${variable}, which is not set`,
    {
      fix: `Set ${variable} where the job and its workers run.`,
      details: { endpoint, variable },
    },
  )
}

function wrongWay(endpoint: string, is: string, instead: string): SluiceError {
  return new SluiceError('ENDPOINT_INVALID', `endpoint "${endpoint}" is ${is}`, { fix: `Use ${instead} here.` })
}
