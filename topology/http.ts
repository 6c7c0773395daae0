/** HTTP as the beginning of a stream (records posted to a webhook) or its end (batches posted to an address). */
import type { z } from 'zod'
import type { DurationMs } from './duration.ts'
import { type EndpointSink, type EndpointSource, endpoint } from './endpoint.ts'
import { TopologyError } from './errors.ts'
import type { Row } from './schema/index.ts'

export interface WebhookOptions {
  /** 0 takes a free one, which is logged. */
  readonly port: number
  /**
   * An address of this machine.
   *
   * @default 127.0.0.1
   */
  readonly host?: string
  /**
   * The environment variable that holds the token which senders must give (`Authorization: Bearer …`).
   *
   * @default none, which only a loopback host may do without
   */
  readonly tokenVariable?: string
  /**
   * Bytes of requests that are being taken at a time; beyond them senders are told to come again (503, Retry-After).
   *
   * @default 16 MiB
   */
  readonly bufferBytes?: number
  /**
   * The largest body of one request.
   *
   * @default 4 MiB
   */
  readonly maxBodyBytes?: number
}

export interface HttpOptions {
  /**
   * Names the sink, and so its state in checkpoints.
   *
   * @default the URL
   */
  readonly name?: string
  /** Header → the environment variable that holds its value, as in `{ authorization: 'PARTNER_AUTHORIZATION' }`. */
  readonly headerVariables?: Readonly<Record<string, string>>
  /**
   * Rows of one request at most.
   *
   * @default 500
   */
  readonly batchRows?: number
  /**
   * What becomes of a batch that the receiver refuses for good (4xx but 408, 425 and 429): `fail` fails the job,
   * `quarantine` keeps it as a file in `outbox/…/refused` under the data directory and goes on.
   *
   * @default fail
   */
  readonly onRefused?: 'fail' | 'quarantine'
  /**
   * How long a batch is tried again that can't be delivered, before the job fails.
   *
   * @default 5 minutes
   */
  readonly retryFor?: DurationMs
  /**
   * How long an answer is waited for.
   *
   * @default 30 seconds
   */
  readonly timeout?: DurationMs
}

/** Port and path of a webhook. */
export type Webhook<T> = EndpointSource<T>

/**
 * Records that others post to `POST /<name>`: a JSON object, or one a line (`application/x-ndjson`).
 *
 * They are appended to the topic of the same name, and answered with 200 once they are durable there; the job reads the
 * topic. So what was answered is read exactly once, also when the job stands still meanwhile; a sender that got no answer
 * may send again, and then the record is there twice: deduplicate by an id of its own. A record that is none of the
 * schema fails the job, unless it is read through `bronzeLayer`.
 *
 * @throws {TopologyError} `WEBHOOK` when the name is no topic's, or a host beyond this machine has no token.
 * @example from(webhook('orders', Order, { port: 8088, tokenVariable: 'ORDERS_TOKEN' }))
 */
export function webhook<S extends z.ZodObject>(name: string, schema: S, options: WebhookOptions): Webhook<Row<S>> {
  const { host = '127.0.0.1', tokenVariable } = options
  if (!/^[A-Za-z0-9._-]{1,200}$/.test(name)) {
    throw new TopologyError('WEBHOOK', `"${name}" can't be the name of a webhook`, {
      fix: 'Use letters, digits, ., _ and -: it is the path, and the name of a topic.',
    })
  }
  if (tokenVariable === undefined && !/^(127\.|::1$|localhost$)/.test(host)) {
    throw new TopologyError('WEBHOOK', `webhook('${name}') listens at ${host} and takes records from anybody`, {
      fix: 'Give { tokenVariable } with the name of an environment variable that holds a token.',
    })
  }
  return {
    ...endpoint('http', name, schema, { host, ...options }),
    placeOf: ({ topic, partition, offset }) => `${topic}[${partition}]@${offset}`,
  }
}

/**
 * Posts records to a URL, as NDJSON in batches.
 *
 * Rows are kept on disk at the barrier and sent once their checkpoint is complete, in order, each batch with an
 * `Idempotency-Key` of its own that is the same each time it is sent. A batch is sent again when no answer came, or one
 * that asks for it (408, 425, 429, 5xx, honouring Retry-After): effectively once with a receiver that heeds the key, at
 * least once with any other.
 *
 * @throws {TopologyError} `HTTP_URL` when it is no http(s) URL, or holds a password.
 * @example orders.pipe(to(http('https://partner.example/orders', Order, { headerVariables: { authorization: 'PARTNER_AUTH' } })))
 */
export function http<S extends z.ZodObject>(url: string, schema: S, options: HttpOptions = {}): EndpointSink<Row<S>> {
  const parsed = URL.parse(url)
  if (parsed === null || !/^https?:$/.test(parsed.protocol) || parsed.password !== '') {
    throw new TopologyError('HTTP_URL', `http(): "${parsed === null ? url : parsed.origin}" is no address to post to`, {
      fix: 'Give an http(s) URL without a password; secrets go into headers, by { headerVariables }.',
    })
  }
  const { name = url, retryFor, timeout, headerVariables, batchRows, onRefused } = options
  const settings = { url, headerVariables, batchRows, onRefused, retryForMs: retryFor, timeoutMs: timeout }
  return endpoint('http', name, schema, settings)
}
