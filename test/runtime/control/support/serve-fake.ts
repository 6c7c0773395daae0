/** A served FakeControl, and plain requests to it. */
import { type IncomingHttpHeaders, request } from 'node:http'
import {
  type ControlServer,
  type ControlServerOptions,
  serveControl,
} from '../../../../runtime/control/rest/serve-control.ts'
import { systemClock } from '../../../../runtime/time/system-clock.ts'
import { recordingLogger } from '../../../support/silent.ts'
import { FakeControl } from './fake-control.ts'

export const TOKEN = 'k'.repeat(43)

export interface Reply {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly text: string
}

export interface Asked {
  readonly method?: string
  readonly path: string
  /** Over those that a good request has; undefined leaves one out. */
  readonly headers?: Readonly<Record<string, string | undefined>>
  readonly body?: string | Uint8Array
}

export async function serveFake(options: Partial<ControlServerOptions> = {}) {
  const control = new FakeControl()
  const server = await serveControl({
    control,
    host: '127.0.0.1',
    port: 0,
    token: TOKEN,
    metricsText: async () => 'p_x 1\n',
    version: '0.1.0',
    clock: systemClock,
    logger: recordingLogger(),
    ...options,
  })
  return { control, server, ask: (asked: Asked) => ask(server, asked) }
}

export function ask(server: ControlServer, { method = 'GET', path, headers = {}, body }: Asked): Promise<Reply> {
  const { hostname, port, host } = new URL(server.url)
  const all = {
    host,
    authorization: `Bearer ${TOKEN}`,
    ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    ...headers,
  }
  const given = Object.fromEntries(
    Object.entries(all).filter((entry): entry is [string, string] => entry[1] !== undefined),
  )
  return new Promise((resolve, reject) => {
    request({ hostname, port, method, path, headers: given, agent: false }, (response) => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (chunk) => (text += chunk))
      response.on('end', () => resolve({ status: response.statusCode!, headers: response.headers, text }))
      response.on('error', reject)
    })
      .on('error', reject)
      .end(body)
  })
}
