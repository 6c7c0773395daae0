/** A line by @platformatic/kafka: two of its connections, one for fetches, which is opened with the first. */
import { Connection, Writer } from '@platformatic/kafka'
import type { KafkaSasl, KafkaSettings } from '../../settings.ts'
import type { LineRequest, OpenLine } from '../client/line.ts'
import { fetchApi } from '../protocol/fetch.ts'

/** Who sends has a timeout of its own. */
const NO_TIMEOUT_MS = 2 ** 31 - 1
/** Each of these parts sends few requests at a time; a queue of the connection's own would only hide them. */
const MAX_IN_FLIGHT = 1_000

export const openPlatformaticLine: OpenLine = ({ host, port }, settings) => {
  const requests = createConnection(settings)
  let fetches: { readonly connection: Connection; readonly ready: Promise<void> } | undefined
  const connectionFor = async (apiKey: number) => {
    if (apiKey !== fetchApi.apiKey) return requests
    if (fetches === undefined) {
      const connection = createConnection(settings)
      fetches = { connection, ready: connect(connection, host, port) }
    }
    await fetches.ready
    return fetches.connection
  }
  return {
    ready: connect(requests, host, port),
    line: {
      isOpen: () => requests.isConnected() && (fetches === undefined || isUsable(fetches.connection)),
      send: async (request) => await sendOn(await connectionFor(request.apiKey), request),
      destroy() {
        for (const connection of [requests, fetches?.connection]) {
          connection?.socket?.destroy()
          void connection?.close().catch(() => {})
        }
      },
    },
  }
}

function sendOn(connection: Connection, request: LineRequest): Promise<Buffer> {
  const { apiKey, apiVersion, payload, expectsResponse } = request
  return new Promise((resolve, reject) => {
    const write = () => {
      const writer = Writer.create().append(payload)
      if (!expectsResponse) writer.context['noResponse'] = true
      return writer
    }
    // The reader's buffer is a part of the connection's own, which is gone after this call.
    const read = (_id: number, _key: number, _version: number, reader: { buffer: { slice(): Buffer } }) =>
      reader.buffer.slice()
    connection.send<Buffer>(apiKey, apiVersion, write, read, false, false, (error, bytes) => {
      if (error === null) resolve(bytes!)
      else reject(error)
    })
  })
}

function isUsable({ status }: Connection): boolean {
  return status !== 'closed' && status !== 'closing' && status !== 'error'
}

async function connect(connection: Connection, host: string, port: number): Promise<void> {
  await connection.connect(host, port)
}

function createConnection({ clientId, connectTimeoutMs, tls, sasl }: KafkaSettings): Connection {
  const connection = new Connection(clientId, {
    connectTimeout: connectTimeoutMs,
    requestTimeout: NO_TIMEOUT_MS,
    maxInflights: MAX_IN_FLIGHT,
    ...(tls && {
      tls: definedOnly({ ca: tls.ca, cert: tls.certificate, key: tls.key, passphrase: tls.passphrase }),
      tlsServerName: true,
    }),
    ...(sasl && { sasl: saslOptions(sasl) }),
  })
  // Told to who waits for an answer; without a listener it would end the process.
  connection.on('error', () => {})
  return connection
}

function saslOptions(sasl: KafkaSasl) {
  if (sasl.mechanism === 'oauthbearer') return { mechanism: 'OAUTHBEARER' as const, token: sasl.token }
  const { username, password } = sasl
  const mechanism = sasl.mechanism.toUpperCase() as 'PLAIN' | 'SCRAM-SHA-256' | 'SCRAM-SHA-512'
  return { mechanism, username, password }
}

function definedOnly<T extends object>(options: T): { [K in keyof T]: NonNullable<T[K]> } {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as never
}
