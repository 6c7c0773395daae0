/** One request to a coordinator, up to the head of its answer. */
import { type IncomingMessage, request } from 'node:http'
import { SluiceError } from '../../../topology/errors.ts'

export interface ExchangeOptions {
  /** Of the coordinator. */
  readonly url: string
  readonly method: string
  /** With its query. */
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | undefined
  readonly signal: AbortSignal | undefined
}

/**
 * By node:http and not by `fetch`, which gives up on an answer that takes five minutes to begin: a stop waits for its
 * savepoint as long as that takes.
 *
 * @throws {SluiceError} `COORDINATOR_UNREACHABLE`; the signal's own error when it aborts
 */
export function exchange({ url, method, path, headers, body, signal }: ExchangeOptions): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const outgoing = request(`${url}${path}`, {
      method,
      headers,
      agent: false,
      ...(signal === undefined ? {} : { signal }),
    })
    outgoing.on('response', resolve)
    outgoing.on('error', (error) => reject(unreachable(url, error)))
    outgoing.end(body)
  })
}

/** An abort stays what it is. */
export function unreachable(url: string, cause: Error): Error {
  if (cause.name === 'AbortError') return cause
  return new SluiceError('COORDINATOR_UNREACHABLE', `the coordinator at ${url} can't be reached: ${cause.message}`, {
    cause,
    fix: 'It may have ended or been killed: `runtime list` shows which are there.',
    details: { url },
  })
}
