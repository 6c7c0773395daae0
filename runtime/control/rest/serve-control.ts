/** Serves the REST interface of a coordinator. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { Clock } from '../../../topology/contract/clock.ts'
import type { JobControl } from '../../../topology/contract/job-control.ts'
import type { Logger } from '../../../topology/contract/observability.ts'
import { isSluiceError, SluiceError } from '../../../topology/errors.ts'
import { listen } from '../../http/listen.ts'
import { isLoopback } from '../../http/own-name.ts'
import { describeError } from '../../observability/describe-error.ts'
import { admit } from './admit.ts'
import { matchRoute } from './match-route.ts'
import { openApiDocument } from './openapi.ts'
import { readBody, readQuery } from './read-input.ts'
import type { Route, RouteInput, Served } from './route.ts'
import { ROUTES } from './routes.ts'
import { statusOf } from './status-of.ts'
import { asEvents, asLines, streamAnswer } from './stream-answer.ts'

export interface ControlServerOptions {
  readonly control: JobControl
  readonly host: string
  /** 0: any free one. */
  readonly port: number
  /** Undefined: requests need none. Loopback only. */
  readonly token: string | undefined
  /** All metrics in Prometheus' text format. */
  readonly metricsText: () => Promise<string>
  /** Of Sluice. */
  readonly version: string
  readonly clock: Clock
  readonly logger: Logger
}

export interface ControlServer extends AsyncDisposable {
  /** `http://127.0.0.1:43117` */
  readonly url: string
  /**
   * Takes no more requests, ends streams with what is there, and resolves when every answer under way is out, or
   * `CLOSE_TIMEOUT_MS` later.
   */
  close(): Promise<void>
}

const CLOSE_TIMEOUT_MS = 5_000

/**
 * Listens until closed, and keeps the process alive as long.
 *
 * @throws {SluiceError} `REST_UNAVAILABLE` when it can't listen there, `REST_UNPROTECTED` for a host that others can
 * reach without a token: whoever can submit a job runs code here.
 */
export async function serveControl(options: ControlServerOptions): Promise<ControlServer> {
  const { host, port, token, clock } = options
  if (token === undefined && !isLoopback(host)) {
    throw new SluiceError('REST_UNPROTECTED', `REST_AUTH is off and REST_HOST is ${host}, which others can reach`, {
      fix: 'Leave REST_AUTH at token, or set REST_HOST to 127.0.0.1.',
      details: { host },
    })
  }
  const closing = new AbortController()
  const answerer = new Answerer(options, closing.signal)
  const server = createServer((request, response) => void answerer.answer(request, response))
  const url = await listen(server, host, port).catch((cause: Error) => {
    throw new SluiceError('REST_UNAVAILABLE', `REST can't be served on ${host}:${port}: ${cause.message}`, {
      cause,
      fix: 'Set REST_PORT to 0 for any free port, or to another one; REST_HOST to an address of this machine.',
      details: { host, port },
    })
  })
  const close = async () => {
    closing.abort()
    using _deadline = clock.schedule(CLOSE_TIMEOUT_MS, () => server.closeAllConnections())
    await new Promise((resolve) => server.close(resolve))
  }
  return { url, close, [Symbol.asyncDispose]: close }
}

class Answerer {
  private readonly options: ControlServerOptions
  private readonly closing: AbortSignal
  private readonly served: Served

  constructor(options: ControlServerOptions, closing: AbortSignal) {
    this.options = options
    this.closing = closing
    const { control, metricsText, version, token } = options
    this.served = {
      control,
      metricsText,
      openApi: () => openApiDocument(ROUTES, { version, authorized: token !== undefined }),
    }
  }

  /** Never rejects. */
  async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    response.setHeader('Cache-Control', 'no-store')
    response.setHeader('X-Content-Type-Options', 'nosniff')
    try {
      admit(request.headers, this.options)
      const [path, search] = request.url!.split('?', 2)
      const { route, params } = matchRoute(request.method!, path!)
      const query = readQuery(route, new URLSearchParams(search))
      const body = await readBody(route, request)
      const gone = new AbortController()
      response.on('close', () => gone.abort())
      const signal = AbortSignal.any([gone.signal, this.closing])
      const lastEventId = request.headers['last-event-id']
      await this.handle(route, { params, query, body, signal, lastEventId: lastEventId?.toString() }, response)
    } catch (error) {
      this.refuse(error, request, response)
    }
  }

  private async handle(route: Route, input: RouteInput, response: ServerResponse): Promise<void> {
    const value: unknown = await route.handle(this.served, input)
    const { answer } = route
    const { clock } = this.options
    switch (answer.kind) {
      case 'json':
        return this.json(response, answer.accepted?.(value) === true ? 202 : 200, value)
      case 'empty':
        return this.send(response, 204)
      case 'text':
        return this.send(response, 200, answer.contentType, value as string)
      case 'lines':
        this.begin(response, 'text/plain; charset=utf-8')
        return streamAnswer(response, asLines(value as AsyncIterable<string>), { clock })
      case 'events':
        this.begin(response, 'text/event-stream')
        return streamAnswer(response, asEvents(value as Parameters<typeof asEvents>[0]), { clock, heartbeat: ':\n\n' })
    }
  }

  private begin(response: ServerResponse, contentType: string): void {
    response.writeHead(200, { 'Content-Type': contentType, Connection: 'close' }).flushHeaders()
  }

  private refuse(error: unknown, request: IncomingMessage, response: ServerResponse): void {
    const { logger } = this.options
    const status = statusOf(error)
    if (status === 500) logger.error({ event: 'rest-failed', path: request.url, err: error }, String(error))
    // What has begun can't be taken back; breaking it off tells the client that it is not whole.
    if (response.headersSent) return void response.destroy()
    if (isSluiceError(error, 'METHOD_NOT_ALLOWED')) response.setHeader('Allow', error.details['allowed'] as string[])
    if (status === 401) response.setHeader('WWW-Authenticate', 'Bearer')
    // What is left of the request is read and thrown away: closing on it could lose the answer on its way.
    request.resume()
    this.json(response, status, { error: describeError(error) })
  }

  private json(response: ServerResponse, status: number, value: unknown): void {
    this.send(response, status, 'application/json', `${JSON.stringify(value)}\n`)
  }

  private send(response: ServerResponse, status: number, contentType?: string, text?: string): void {
    if (contentType !== undefined) response.setHeader('Content-Type', contentType)
    if (this.closing.aborted || status === 413) response.setHeader('Connection', 'close')
    response.writeHead(status).end(text)
  }
}
