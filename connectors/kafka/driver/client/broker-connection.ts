/** A broker at one address: connected when it is needed, and anew when a line was lost. */
import type { Logger } from '../../../../topology/contract/observability.ts'
import { responseError } from '../../errors.ts'
import type { KafkaSettings } from '../../settings.ts'
import type { Api } from '../protocol/api.ts'
import { type ApiVersions, apiVersionsApi } from '../protocol/api-versions.ts'
import { connectionError } from './connection-error.ts'
import type { BrokerAt, Line, OpenLine } from './line.ts'

export interface ClientContext {
  readonly settings: KafkaSettings
  readonly logger: Logger
  readonly openLine: OpenLine
}

export interface RequestOptions {
  /** How long the broker may hold it back, beside the time that every request has. */
  readonly waitsMs?: number
  readonly expectsResponse?: boolean
}

interface Connected {
  readonly line: Line
  readonly ranges: ApiVersions['ranges']
}

export class BrokerConnection implements BrokerAt {
  readonly host: string
  readonly port: number
  private readonly context: ClientContext
  /** Connected, or on its way to be. */
  private live: Promise<Connected> | undefined
  /** What `live` has given, once it has. */
  private current: Line | undefined
  private isClosed = false

  constructor({ host, port }: BrokerAt, context: ClientContext) {
    this.host = host
    this.port = port
    this.context = context
  }

  /**
   * One request. Where an error comes in place of a response, it is not known whether the broker has done it.
   *
   * @throws {SluiceError} `KAFKA_UNREACHABLE`, `KAFKA_AUTHENTICATION`, `KAFKA_TLS`, `KAFKA_VERSION`
   */
  async request<Request, Response>(
    api: Api<Request, Response>,
    request: Request,
    { waitsMs = 0, expectsResponse = true }: RequestOptions = {},
  ): Promise<Response> {
    const { line, ranges } = await this.connected()
    const { apiKey, apiVersion, apiName } = api
    const range = ranges.get(apiKey)
    if (range === undefined || range.min > apiVersion || range.max < apiVersion) {
      throw responseError('UNSUPPORTED_VERSION', { doing: `${apiName} ${apiVersion} at ${this.host}:${this.port}` })
    }
    const timeoutMs = this.context.settings.requestTimeoutMs + waitsMs
    try {
      const payload = api.encode(request)
      const answer = line.send({ apiKey, apiVersion, apiName, payload, expectsResponse })
      const bytes = await withinMs(timeoutMs, answer)
      return expectsResponse ? api.decode(bytes) : (undefined as Response)
    } catch (error) {
      // One that did not answer in time may answer still: that must not meet a later request.
      this.drop(line)
      throw connectionError(error, this, this.context.settings)
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

  private async connected(): Promise<Connected> {
    this.live ??= this.open()
    const connected = await this.live
    if (connected.line.isOpen()) return connected
    this.drop(connected.line)
    return await this.connected()
  }

  private async open(): Promise<Connected> {
    const { settings, logger, openLine } = this.context
    const { line, ready } = openLine(this, settings, logger)
    try {
      const { apiKey, apiVersion, apiName } = apiVersionsApi
      const versions = ready.then(() =>
        line.send({ apiKey, apiVersion, apiName, payload: apiVersionsApi.encode(undefined), expectsResponse: true }),
      )
      const { error, ranges } = apiVersionsApi.decode(await withinMs(settings.connectTimeoutMs, versions))
      if (error !== 'NONE') throw responseError(error, { doing: `connecting to ${this.host}:${this.port}` })
      if (this.isClosed) throw new Error('this client is closed')
      this.current = line
      return { line, ranges }
    } catch (error) {
      this.live = undefined
      line.destroy()
      throw connectionError(error, this, settings)
    }
  }

  /** Others may have found it lost before, and be opening the next: that one stays. */
  private drop(line: Line): void {
    if (line === this.current) {
      this.live = undefined
      this.current = undefined
    }
    line.destroy()
  }
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
