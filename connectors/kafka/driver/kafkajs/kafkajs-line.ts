/** A line by kafkajs: its Broker connects and authenticates, its ConnectionPool keeps fetches on a socket of their own. */
import type { KafkaSettings } from '../../settings.ts'
import type { OpenLine } from '../client/line.ts'
import { createFrameSocket } from './frame-socket.ts'
import { Broker, ConnectionPool, createLogger, type KafkaJsSasl, LEVELS } from './kafkajs-internals.ts'

/** Who sends has a timeout of its own. */
const NO_TIMEOUT_MS = 2 ** 31 - 1

export const openKafkaJsLine: OpenLine = ({ host, port }, settings, log) => {
  const logger = createLogger({
    level: LEVELS.DEBUG,
    logCreator: () => (entry) => log.debug({ event: 'kafkajs', ...entry.log }, `kafkajs ${entry.namespace}`),
  })
  const connections = new ConnectionPool({
    host,
    port,
    logger,
    socketFactory: (options) => createFrameSocket(options, forgetEmptyChunks),
    clientId: settings.clientId,
    requestTimeout: NO_TIMEOUT_MS,
    connectionTimeout: settings.connectTimeoutMs,
    ssl: tlsOptions(settings),
    sasl: saslOptions(settings),
  })
  // kafkajs would put it together with the next frame, which is a copy of that.
  function forgetEmptyChunks(): void {
    for (const connection of connections.pool) if (connection.bytesBuffered === 0) connection.chunks = []
  }
  for (const { requestQueue } of connections.pool) requestQueue.scheduleCheckPendingRequests = () => {}
  const broker = new Broker({ logger, connectionPool: connections, authenticationTimeout: settings.connectTimeoutMs })
  return {
    ready: broker.connect(),
    line: {
      isOpen: () => connections.isConnected(),
      send({ apiKey, apiVersion, apiName, payload, expectsResponse }) {
        const encoded = { buf: payload, buffer: payload }
        return connections.send({
          request: { apiKey, apiVersion, apiName, encode: async () => encoded, expectResponse: () => expectsResponse },
          response: {
            decode: async (bytes) => ({ bytes, clientSideThrottleTime: 0 }),
            parse: async ({ bytes }) => bytes,
          },
          logResponseError: false,
        })
      },
      // kafkajs' own way would wait for the answers of a broker that has gone.
      destroy() {
        for (const connection of connections.pool) {
          connection.rejectRequests(new Error('the connection was given up'))
          void connection.disconnect()
          connection.socket?.destroy()
        }
      },
    },
  }
}

function tlsOptions({ tls }: KafkaSettings): object | null {
  if (tls === undefined) return null
  const { ca, certificate: cert, key, passphrase } = tls
  return { ca, cert, key, passphrase }
}

function saslOptions({ sasl }: KafkaSettings): KafkaJsSasl | null {
  if (sasl === undefined) return null
  if (sasl.mechanism !== 'oauthbearer') return { ...sasl }
  return { mechanism: 'oauthbearer', oauthBearerProvider: async () => ({ value: await sasl.token() }) }
}
