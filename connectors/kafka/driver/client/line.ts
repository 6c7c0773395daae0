/**
 * What Sluice borrows from a client: a line to one broker, with TLS and SASL done. Requests, retries and record batches
 * are its own.
 */
import type { Logger } from '../../../../topology/contract/observability.ts'
import type { KafkaSettings } from '../../settings.ts'

export interface LineRequest {
  readonly apiKey: number
  readonly apiVersion: number
  readonly apiName: string
  readonly payload: Buffer
  /** False: resolves once it is sent. */
  readonly expectsResponse: boolean
}

export interface Line {
  /** False once it is lost: it is then replaced, never repaired. */
  isOpen(): boolean
  /**
   * Resolves to what follows the correlation id. Responses come in the order of the requests, but a Fetch, which a broker
   * may hold back, holds no other request up.
   */
  send(request: LineRequest): Promise<Buffer>
  /** At once; what is on its way is rejected. */
  destroy(): void
}

export interface BrokerAt {
  readonly host: string
  readonly port: number
}

/**
 * Begins to connect.
 *
 * @returns the line, to be destroyed also if it takes too long, and when it is ready
 */
export type OpenLine = (
  at: BrokerAt,
  settings: KafkaSettings,
  logger: Logger,
) => { readonly line: Line; readonly ready: Promise<void> }
