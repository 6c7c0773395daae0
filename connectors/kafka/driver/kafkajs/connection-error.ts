/** What went wrong with a connection, told from kafkajs' and Node's errors. */
import { SluiceError } from '../../../../topology/errors.ts'
import { unreachable } from '../../errors.ts'
import type { KafkaSettings } from '../../settings.ts'
import type { KafkaJsError } from './kafkajs-internals.ts'

/** Node's and OpenSSL's codes of a handshake that failed. */
const TLS_CODE = /CERT|SSL|TLS|SELF_SIGNED|UNABLE_TO_|EPROTO|ERR_OSSL/

/** @returns `KAFKA_AUTHENTICATION`, `KAFKA_TLS`, else `KAFKA_UNREACHABLE` */
export function connectionError(
  error: unknown,
  { host, port }: { readonly host: string; readonly port: number },
  settings: KafkaSettings,
): SluiceError {
  if (error instanceof SluiceError) return error
  const { name, type = '', code, message } = error as KafkaJsError
  const address = `${host}:${port}`
  if (name === 'KafkaJSSASLAuthenticationError' || type.includes('SASL')) {
    return new SluiceError('KAFKA_AUTHENTICATION', `Kafka at ${address} does not accept the credentials: ${message}`, {
      cause: error,
      fix: 'Check KAFKA_SASL_MECHANISM, KAFKA_SASL_USERNAME and KAFKA_SASL_PASSWORD, and that this user exists.',
      details: { server: address, mechanism: settings.sasl?.mechanism },
    })
  }
  if (typeof code === 'string' && TLS_CODE.test(code)) {
    return new SluiceError('KAFKA_TLS', `Kafka at ${address}: the TLS handshake failed: ${message}`, {
      cause: error,
      fix: 'Check that KAFKA_SSL_CA is the authority that signed the certificate of the broker, that the certificate names this host, and that the listener speaks TLS.',
      details: { server: address, tlsCode: code },
    })
  }
  return unreachable([address], reasonOf(error as KafkaJsError, settings), error)
}

function reasonOf({ code, message }: KafkaJsError, settings: KafkaSettings): string {
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return 'there is no host of this name'
  if (code === 'ECONNREFUSED') return 'nothing listens there'
  if (message === 'Connection timeout') return `no connection within ${settings.connectTimeoutMs} ms`
  if (message === 'Closed connection') {
    const { tls, sasl } = settings
    const asks = tls === undefined ? 'TLS' : sasl === undefined ? 'SASL, or a client certificate' : 'something else'
    return `the broker closed the connection; does this listener ask for ${asks}?`
  }
  return message
}
