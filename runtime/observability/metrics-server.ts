/** Serves `/metrics` while a job runs. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { SluiceError } from '../../topology/errors.ts'
import { listen } from '../http/listen.ts'
import { isOwnName } from '../http/own-name.ts'

/** Of Prometheus' text format. */
export const METRICS_CONTENT_TYPE = 'text/plain; version=0.0.4; charset=utf-8'

export interface MetricsServerOptions {
  /** In Prometheus' text format. */
  readonly metrics: { text(): Promise<string> }
  readonly host: string
  /** 0: any free one. */
  readonly port: number
}

export interface MetricsServer extends AsyncDisposable {
  /** Where metrics are: `http://127.0.0.1:43117/metrics`. */
  readonly url: string
  close(): Promise<void>
}

/**
 * Listens and answers `GET /metrics`. Does not keep the process alive.
 *
 * A request must name this machine by address, as `localhost` or as `host`: a web page that has its own name resolve to
 * this machine (DNS rebinding) is refused.
 *
 * @throws {SluiceError} `METRICS_PORT_UNAVAILABLE` when it cannot listen there.
 */
export async function serveMetrics({ metrics, host, port }: MetricsServerOptions): Promise<MetricsServer> {
  const server = createServer((request, response) => {
    answer(metrics, host, request, response).catch((error: unknown) => {
      if (!response.headersSent) send(response, 500, `${error instanceof Error ? error.message : String(error)}\n`)
    })
  })
  const url = await listen(server, host, port).catch((error: NodeJS.ErrnoException) => {
    throw new SluiceError('METRICS_PORT_UNAVAILABLE', `metrics cannot be served on ${host}:${port}: ${error.message}`, {
      cause: error,
      fix: 'Set METRICS_PORT to 0 for any free port, to another one, or to off; METRICS_HOST to an address of this machine.',
      details: { host, port },
    })
  })
  server.unref()
  const close = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve())
      server.closeAllConnections()
    })
  return { url: `${url}/metrics`, close, [Symbol.asyncDispose]: close }
}

async function answer(
  metrics: MetricsServerOptions['metrics'],
  host: string,
  request: IncomingMessage,
  response: ServerResponse,
) {
  if (!isOwnName(request.headers.host, host)) return send(response, 403, 'Forbidden: unknown Host\n')
  if (request.url?.split('?')[0] !== '/metrics') return send(response, 404, 'Not found; metrics are at /metrics\n')
  if (request.method !== 'GET') return send(response.setHeader('Allow', 'GET'), 405, 'Method not allowed\n')
  const text = await metrics.text()
  send(response.setHeader('Content-Type', METRICS_CONTENT_TYPE), 200, text)
}

function send(response: ServerResponse, status: number, text: string) {
  if (!response.hasHeader('Content-Type')) response.setHeader('Content-Type', 'text/plain; charset=utf-8')
  response.setHeader('X-Content-Type-Options', 'nosniff')
  response.writeHead(status).end(text)
}
