/** What went wrong with a connection, told from the errors of clients, of Node and of OpenSSL, and from what caused them. */
import { SluiceError } from '../../../../topology/errors.ts'
import { unreachable } from '../../errors.ts'
import type { KafkaSettings } from '../../settings.ts'
import type { BrokerAt } from './line.ts'

interface ForeignError {
  readonly name?: string
  readonly message?: string
  readonly code?: unknown
  /** Kafka's name of the error: kafkajs, platformatic. */
  readonly type?: unknown
  readonly apiId?: unknown
  readonly cause?: unknown
  readonly errors?: readonly unknown[]
}

const AUTHENTICATION = /SASL|AUTHENTICATION/i
/** Node's and OpenSSL's codes of a handshake that failed. */
const TLS = /CERT|SSL|TLS|SELF_SIGNED|UNABLE_TO_|EPROTO/

/** @returns `KAFKA_AUTHENTICATION`, `KAFKA_TLS`, else `KAFKA_UNREACHABLE` */
export function connectionError(error: unknown, { host, port }: BrokerAt, settings: KafkaSettings): SluiceError {
  if (error instanceof SluiceError) return error
  const address = `${host}:${port}`
  const chain = [...causes(error)]
  const message = chain.findLast((one) => one.message)?.message ?? String(error)
  if (
    chain.some(({ name, code, type, apiId }) =>
      [name, code, type, apiId].some((text) => AUTHENTICATION.test(`${text}`)),
    )
  ) {
    return new SluiceError('KAFKA_AUTHENTICATION', `Kafka at ${address} does not accept the credentials: ${message}`, {
      cause: error,
      fix: 'Check KAFKA_SASL_MECHANISM, KAFKA_SASL_USERNAME and KAFKA_SASL_PASSWORD, and that this user exists.',
      details: { server: address, mechanism: settings.sasl?.mechanism },
    })
  }
  const codes = chain.map(({ code }) => code).filter((code) => typeof code === 'string')
  const tlsCode = codes.find((code) => TLS.test(code))
  if (tlsCode !== undefined) {
    return new SluiceError('KAFKA_TLS', `Kafka at ${address}: the TLS handshake failed: ${message}`, {
      cause: error,
      fix: 'Check that KAFKA_SSL_CA is the authority that signed the certificate of the broker, that the certificate names this host, and that the listener speaks TLS.',
      details: { server: address, tlsCode },
    })
  }
  return unreachable([address], reasonOf(codes, message, settings), error)
}

function reasonOf(codes: readonly string[], message: string, { tls, sasl, connectTimeoutMs }: KafkaSettings): string {
  if (codes.includes('ENOTFOUND') || codes.includes('EAI_AGAIN')) return 'there is no host of this name'
  if (codes.includes('ECONNREFUSED')) return 'nothing listens there'
  if (/timed? ?out/i.test(message) && /connect/i.test(message)) return `no connection within ${connectTimeoutMs} ms`
  if (/closed/i.test(message)) {
    const asks = tls === undefined ? 'TLS' : sasl === undefined ? 'SASL, or a client certificate' : 'something else'
    return `the broker closed the connection; does this listener ask for ${asks}?`
  }
  return message
}

/** The error, what caused it, and so on. */
function* causes(error: unknown): Generator<ForeignError> {
  if (typeof error !== 'object' || error === null) return
  const foreign = error as ForeignError
  yield foreign
  for (const inner of [foreign.cause, ...(foreign.errors ?? [])]) yield* causes(inner)
}
