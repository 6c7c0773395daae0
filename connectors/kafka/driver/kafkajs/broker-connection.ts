/** A broker at one address: connected when it is needed, and anew when a connection was lost. */
import type { Logger } from '../../../../topology/contract/observability.ts'
import { responseError } from '../../errors.ts'
import type { KafkaSettings } from '../../settings.ts'
import type { Api } from '../protocol/api.ts'
import { connectionError } from './connection-error.ts'
import {
  Broker,
  ConnectionPool,
  createLogger,
  createSocketFactory,
  type KafkaJsSasl,
  LEVELS,
} from './kafkajs-internals.ts'

export interface RequestOptions {
  /** How long the broker may hold it back, beside the time that every request has. */
  readonly waitsMs?: number
  /** False: none comes. */
  readonly expectResponse?: boolean
}

export class BrokerConnection {
  readonly host: string
  readonly port: number
  private readonly settings: KafkaSettings
  private readonly logger: Logger
  /** Connected, or on its way to be. */
  private live: Promise<Broker> | undefined
  /** What `live` has given. */
  private current: Broker | undefined
  private isClosed = false

  constructor(host: string, port: number, settings: KafkaSettings, logger: Logger) {
    this.host = host
    this.port = port
    this.settings = settings
    this.logger = logger
  }

  /**
   * One request. Where an error comes in place of a response, it is not known whether the broker has done it.
   *
   * @throws {SluiceError} `KAFKA_UNREACHABLE`, `KAFKA_AUTHENTICATION`, `KAFKA_TLS`, `KAFKA_VERSION`
   */
  async request<Request, Response>(
    api: Api<Request, Response>,
    request: Request,
    { waitsMs = 0, expectResponse = true }: RequestOptions = {},
  ): Promise<Response> {
    const broker = await this.connected()
    const { apiKey, apiVersion, apiName } = api
    const range = broker.versions?.[apiKey]
    if (range === undefined || range.minVersion > apiVersion || range.maxVersion < apiVersion) {
      throw responseError('UNSUPPORTED_VERSION', { doing: `${apiName} ${apiVersion} at ${this.host}:${this.port}` })
    }
    const payload = api.encode(request)
    const encoded = { buf: payload, buffer: payload }
    try {
      return await broker.connectionPool.send<Response>({
        request: { apiKey, apiVersion, apiName, encode: async () => encoded, expectResponse: () => expectResponse },
        response: {
          decode: async (bytes) => ({ value: api.decode(bytes), clientSideThrottleTime: 0 }),
          parse: async ({ value }) => value,
        },
        requestTimeout: this.settings.requestTimeoutMs + waitsMs,
        logResponseError: false,
      })
    } catch (error) {
      // One that did not answer in time may answer still: that must not meet a later request.
      this.drop(broker)
      throw connectionError(error, this, this.settings)
    }
  }

  /** For who has to know that a request was not even sent. */
  async connect(): Promise<void> {
    await this.connected()
  }

  close(): void {
    this.isClosed = true
    if (this.current !== undefined) this.drop(this.current)
  }

  /** A lost connection is never repaired, but replaced: kafkajs' own would keep what it knew of the broker before. */
  private async connected(): Promise<Broker> {
    this.live ??= this.open()
    const broker = await this.live
    if (broker.connectionPool.isConnected()) return broker
    this.drop(broker)
    return await this.connected()
  }

  private async open(): Promise<Broker> {
    const broker = this.create()
    try {
      await withinMs(this.settings.connectTimeoutMs, broker.connect())
      if (this.isClosed) throw new Error('this client is closed')
      this.current = broker
      return broker
    } catch (error) {
      this.live = undefined
      destroy(broker)
      throw connectionError(error, this, this.settings)
    }
  }

  private drop(broker: Broker): void {
    if (broker === this.current) this.live = undefined
    destroy(broker)
  }

  private create(): Broker {
    const { host, port, settings } = this
    const logger = createLogger({
      level: LEVELS.DEBUG,
      logCreator: () => (entry) => this.logger.debug({ event: 'kafkajs', ...entry.log }, `kafkajs ${entry.namespace}`),
    })
    const connectionPool = new ConnectionPool({
      host,
      port,
      logger,
      socketFactory: createSocketFactory(),
      clientId: settings.clientId,
      requestTimeout: settings.requestTimeoutMs,
      connectionTimeout: settings.connectTimeoutMs,
      ssl: tlsOptions(settings),
      sasl: saslOptions(settings),
    })
    for (const { requestQueue } of connectionPool.pool) requestQueue.scheduleCheckPendingRequests = () => {}
    return new Broker({ logger, connectionPool, authenticationTimeout: settings.connectTimeoutMs })
  }
}

/** At once: kafkajs would wait for the answers of a broker that has gone. */
function destroy(broker: Broker): void {
  for (const connection of broker.connectionPool.pool) {
    connection.rejectRequests(new Error('the connection was given up'))
    void connection.disconnect()
    connection.socket?.destroy()
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

async function withinMs<T>(timeoutMs: number, promise: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs)
  })
  try {
    return await Promise.race([promise, timeout])
  } finally {
    clearTimeout(timer)
  }
}
