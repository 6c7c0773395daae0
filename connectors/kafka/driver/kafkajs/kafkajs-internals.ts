/**
 * What Sluice uses of kafkajs 2.2.4: connections, with TLS and SASL done. The version is pinned and the package no longer
 * changes, so its inner modules are as safe to import as its entry; their types are declared here.
 */
import { createRequire } from 'node:module'
import type { Socket } from 'node:net'
import type { SocketOptions } from './frame-socket.ts'

/** kafkajs' Encoder, as far as a request is asked for it. */
interface Encoded {
  readonly buf: Buffer
  readonly buffer: Buffer
}

interface ProtocolCall {
  readonly request: {
    readonly apiKey: number
    readonly apiVersion: number
    readonly apiName: string
    encode(): Promise<Encoded>
    expectResponse(): boolean
  }
  readonly response: {
    decode(bytes: Buffer): Promise<{ readonly clientSideThrottleTime: number; readonly bytes: Buffer }>
    parse(decoded: { readonly bytes: Buffer }): Promise<Buffer>
  }
  readonly logResponseError: boolean
}

interface Connection {
  /** Received and not taken yet; what is left of the frame before stays in it, though it is empty. */
  chunks: Buffer[]
  readonly bytesBuffered: number
  /** Asks itself every millisecond, for ever, whether a broker's throttling is over; here none is ever reported to it. */
  readonly requestQueue: { scheduleCheckPendingRequests(): void }
  readonly socket?: { destroy(): void } | undefined
  rejectRequests(error: Error): void
  disconnect(): Promise<unknown>
}

interface ConnectionPool {
  /** Two: the second carries fetches, which block what is behind them. */
  readonly pool: readonly Connection[]
  isConnected(): boolean
  send(call: ProtocolCall): Promise<Buffer>
}

interface Broker {
  connect(): Promise<void>
}

interface KafkaJsLogger {
  namespace(name: string): KafkaJsLogger
}

export interface LogEntry {
  readonly namespace: string
  readonly label: string
  readonly log: { readonly message: string; readonly [field: string]: unknown }
}

export type KafkaJsSasl =
  | { readonly mechanism: string; readonly username: string; readonly password: string }
  | { readonly mechanism: string; oauthBearerProvider(): Promise<{ readonly value: string }> }

interface ConnectionOptions {
  readonly host: string
  readonly port: number
  readonly logger: KafkaJsLogger
  readonly socketFactory: (options: SocketOptions) => Socket
  readonly clientId: string
  readonly requestTimeout: number
  readonly connectionTimeout: number
  readonly ssl: object | null
  readonly sasl: KafkaJsSasl | null
}

const require = createRequire(import.meta.url)

export const ConnectionPool: new (
  options: ConnectionOptions,
) => ConnectionPool = require('kafkajs/src/network/connectionPool')

export const Broker: new (options: {
  readonly connectionPool: ConnectionPool
  readonly logger: KafkaJsLogger
  readonly authenticationTimeout: number
}) => Broker = require('kafkajs/src/broker')

export const {
  createLogger,
  LEVELS,
}: {
  createLogger(options: { level: number; logCreator: () => (entry: LogEntry) => void }): KafkaJsLogger
  readonly LEVELS: { readonly DEBUG: number; readonly INFO: number }
} = require('kafkajs/src/loggers')
