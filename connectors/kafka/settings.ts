/** How a cluster is reached, as the configuration says. Secrets are values here, and are never printed. */
import type { Compression } from './driver/driver.ts'

export const KAFKA_CLIENTS = ['kafkajs', 'platformatic', 'confluent'] as const
export type KafkaClient = (typeof KAFKA_CLIENTS)[number]

export type KafkaSasl =
  | {
      readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512'
      readonly username: string
      readonly password: string
    }
  /** Asked again before a token ends. */
  | { readonly mechanism: 'oauthbearer'; readonly token: () => Promise<string> }

/** PEM files' contents. With `ca` left out, the system's authorities. */
export interface KafkaTls {
  readonly ca?: string
  /** Of the client, for mTLS. */
  readonly certificate?: string
  readonly key?: string
  readonly passphrase?: string
}

export interface KafkaSettings {
  /** host:port, several of them for when one is away. */
  readonly bootstrapServers: readonly string[]
  readonly clientId: string
  /** @default sluice-<job> */
  readonly groupId?: string | undefined
  readonly client: KafkaClient
  readonly tls?: KafkaTls | undefined
  readonly sasl?: KafkaSasl | undefined
  /** Of what Sluice writes. */
  readonly compression: Compression
  /** A request that has had no answer for so long has failed, milliseconds. */
  readonly requestTimeoutMs: number
  /** A first connection, or a topic that is asked about, gives up after so long, milliseconds. */
  readonly connectTimeoutMs: number
  /** Records that retention took before they were read. */
  readonly outOfRange: 'fail' | 'skip'
  /** How often the coordinator looks for new partitions, milliseconds. */
  readonly discoveryIntervalMs: number
  /** What the sink promises; `at-least-once` shows output at once, and may show it twice after a crash. */
  readonly delivery: 'exactly-once' | 'at-least-once'
  /** Transactional ids per sink, fixed at its first run. */
  readonly sinkShards: number
  /** Of a sink's transactions, milliseconds; at most the broker's transaction.max.timeout.ms. */
  readonly transactionTimeoutMs: number
  /** Of compacted markers of what sinks have committed. */
  readonly markerTopic: string
}
