/** Takes records over HTTP and answers once they are durable. */
import { Buffer } from 'node:buffer'
import { createHash, timingSafeEqual } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { SluiceError } from '../../topology/errors.ts'
import type { WebhookSettings } from './settings.ts'

export interface WebhookServer {
  /** `http://127.0.0.1:8088` */
  readonly origin: string
  /** Takes no more, and resolves when what is under way has been answered. */
  close(): Promise<void>
}

/** How soon a sender that was put off may come again, seconds. */
const RETRY_AFTER_S = 1
const NEWLINE = 10

/**
 * ```text
 * POST /<name>   application/json: one record; application/x-ndjson: one a line
 * 200 {"records":n}   all of them are durable
 * 401, 404, 405, 413, 415   none of them was taken, nor would be the next time
 * 503 with Retry-After      none of them was taken: the buffer is full, or the log could not be written
 * ```
 *
 * What a record holds is not looked at here.
 *
 * @param append Resolves when all of them are durable, or none is.
 * @throws {SluiceError} `LISTEN_FAILED`
 */
export async function openWebhook(
  settings: WebhookSettings,
  append: (values: readonly Uint8Array[]) => Promise<void>,
): Promise<WebhookServer> {
  const { name, token, bufferBytes, maxBodyBytes } = settings
  let buffered = 0

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const refuse = (status: number, message: string) => reply(request, response, status, { error: message })
    if (URL.parse(request.url ?? '', 'http://localhost')?.pathname !== `/${name}`)
      return refuse(404, `post to /${name}`)
    if (request.method !== 'POST') return refuse(405, `post to /${name}`)
    if (token !== undefined && !isToken(request.headers.authorization, token))
      return refuse(401, 'the token is missing or wrong')
    const type = request.headers['content-type']?.split(';')[0]?.trim().toLowerCase() ?? 'application/json'
    const isLines = type === 'application/x-ndjson' || type === 'application/jsonl'
    if (!isLines && type !== 'application/json') return refuse(415, 'send application/json or application/x-ndjson')
    const announced = Number(request.headers['content-length'] ?? 0)
    if (announced > maxBodyBytes) return refuse(413, `a request may have ${maxBodyBytes} bytes`)
    let held = 0
    try {
      const chunks: Uint8Array[] = []
      for await (const chunk of request as AsyncIterable<Uint8Array>) {
        if (held + chunk.length > maxBodyBytes) return refuse(413, `a request may have ${maxBodyBytes} bytes`)
        if (buffered + chunk.length > bufferBytes) return refuse(503, 'too many requests are being taken')
        held += chunk.length
        buffered += chunk.length
        chunks.push(chunk)
      }
      const body = Buffer.concat(chunks)
      const values = isLines ? linesOf(body) : body.length === 0 ? [] : [body]
      if (values.length > 0) await append(values)
      reply(request, response, 200, { records: values.length })
    } finally {
      buffered -= held
    }
  }

  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => {
      // A sender that went away in the middle of its request hears nothing, and has been told nothing.
      if (!request.destroyed || request.complete) {
        const message = error instanceof SluiceError ? error.code : 'the records could not be kept'
        reply(request, response, 503, { error: message })
      }
    })
  })
  const origin = await listen(server, settings)
  return {
    origin,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeIdleConnections()
      }),
  }
}

function reply(request: IncomingMessage, response: ServerResponse, status: number, body: object): void {
  if (response.headersSent) return
  response.writeHead(status, {
    'content-type': 'application/json',
    ...(status === 503 ? { 'retry-after': String(RETRY_AFTER_S) } : {}),
    // What was refused unread can't be followed by another request on the same connection.
    ...(request.complete ? {} : { connection: 'close' }),
  })
  response.end(`${JSON.stringify(body)}\n`)
}

/** Compared by their hashes, in a time that tells nothing. */
function isToken(header: string | undefined, token: string): boolean {
  const given = /^Bearer (.+)$/i.exec(header ?? '')?.[1]
  const hash = (text: string) => createHash('sha256').update(text).digest()
  return given !== undefined && timingSafeEqual(hash(given), hash(token))
}

function linesOf(body: Uint8Array): Uint8Array[] {
  const lines: Uint8Array[] = []
  for (let start = 0; start < body.length; ) {
    const found = body.indexOf(NEWLINE, start)
    const end = found === -1 ? body.length : found
    const line = body.subarray(start, body[end - 1] === 13 ? end - 1 : end)
    if (line.length > 0) lines.push(line)
    start = end + 1
  }
  return lines
}

async function listen(server: Server, { name, host, port }: WebhookSettings): Promise<string> {
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(port, host, resolve)
    })
  } catch (error) {
    throw new SluiceError(
      'LISTEN_FAILED',
      `webhook "${name}" can't listen at ${host}:${port}: ${(error as Error).message}`,
      {
        cause: error,
        fix: 'Give it a port that is free, or 0 for any.',
        details: { webhook: name, host, port },
      },
    )
  }
  const { address, family, port: taken } = server.address() as AddressInfo
  return `http://${family === 'IPv6' ? `[${address}]` : address}:${taken}`
}
