/** The variables of Kafka: what is known of each, its form, and the settings they make together. */
import * as z from 'zod'
import { DURATION_FORM } from './duration.ts'
import { choice, durationMs, integer } from './forms.ts'
import type { VariableDescription } from './variables.ts'

const CLIENTS = ['kafkajs', 'platformatic', 'confluent'] as const
const PROTOCOLS = ['plaintext', 'ssl', 'sasl_plaintext', 'sasl_ssl'] as const
const MECHANISMS = ['plain', 'scram-sha-256', 'scram-sha-512', 'oauthbearer'] as const
const COMPRESSIONS = ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const
const DELIVERIES = ['exactly-once', 'at-least-once'] as const
const OUT_OF_RANGE = ['fail', 'skip'] as const

export const KAFKA_VARIABLES = {
  KAFKA_BOOTSTRAP_SERVERS: {
    summary: 'brokers that topics live on; unset, they live in the embedded log, log.db under SLUICE_DATA_DIR',
    expected: 'host:port, several with commas between',
  },
  KAFKA_CLIENT: {
    summary: 'the client library that connects to brokers',
    expected: `one of ${CLIENTS.join(', ')}`,
    default: 'kafkajs',
  },
  KAFKA_CLIENT_ID: { summary: 'what brokers log and count it by', expected: 'a name', default: 'sluice' },
  KAFKA_GROUP_ID: {
    summary: 'the consumer group that shows how far a job has read; unset, sluice-<job>. Positions live in checkpoints',
    expected: 'a name',
  },
  KAFKA_SECURITY_PROTOCOL: {
    summary: 'whether connections are encrypted, and whether a client says who it is',
    expected: `one of ${PROTOCOLS.join(', ')}`,
    default: 'plaintext',
  },
  KAFKA_SASL_MECHANISM: {
    summary: 'how a client says who it is, with sasl_plaintext and sasl_ssl',
    expected: `one of ${MECHANISMS.join(', ')}, with KAFKA_SECURITY_PROTOCOL sasl_plaintext or sasl_ssl`,
  },
  KAFKA_SASL_USERNAME: {
    summary: 'who it is; of oauthbearer, the client id',
    expected: 'a name, together with KAFKA_SASL_PASSWORD',
  },
  KAFKA_SASL_PASSWORD: {
    summary: 'its password; of oauthbearer, the client secret',
    expected: 'a password, together with KAFKA_SASL_USERNAME',
    secret: true,
  },
  KAFKA_OAUTH_TOKEN_URL: {
    summary: 'where oauthbearer gets its tokens, by the client credentials grant',
    expected: 'a URL, with KAFKA_SASL_MECHANISM oauthbearer',
  },
  KAFKA_SSL_CA: {
    summary: 'whom to trust; unset, the authorities that Node trusts',
    expected: 'a PEM file, with KAFKA_SECURITY_PROTOCOL ssl or sasl_ssl',
  },
  KAFKA_SSL_CERTIFICATE: {
    summary: "the client's certificate, where brokers ask for one (mTLS)",
    expected: 'a PEM file, together with KAFKA_SSL_KEY',
  },
  KAFKA_SSL_KEY: {
    summary: 'the key that goes with it',
    expected: 'a PEM file, together with KAFKA_SSL_CERTIFICATE',
  },
  KAFKA_SSL_KEY_PASSPHRASE: { summary: 'what opens the key', expected: 'a passphrase', secret: true },
  KAFKA_COMPRESSION: {
    summary: 'of what is written; what is read tells by itself. snappy and lz4 need a package beside sluice',
    expected: `one of ${COMPRESSIONS.join(', ')}`,
    default: 'none',
  },
  KAFKA_CONNECT_TIMEOUT: {
    summary: 'brokers that have not answered for so long can’t be reached',
    expected: DURATION_FORM,
    default: '10s',
  },
  KAFKA_REQUEST_TIMEOUT: {
    summary: 'a request without an answer for so long has failed, or what became of it is unknown',
    expected: DURATION_FORM,
    default: '30s',
  },
  KAFKA_OUT_OF_RANGE: {
    summary: 'records that retention took before a job had read them: fail the job, or skip and count them',
    expected: `one of ${OUT_OF_RANGE.join(', ')}`,
    default: 'fail',
  },
  KAFKA_DISCOVERY_INTERVAL: {
    summary: 'how often a running job looks for new partitions',
    expected: DURATION_FORM,
    default: '1m',
  },
  KAFKA_DELIVERY: {
    summary: 'of topics a job writes: exactly once, seen after a checkpoint; or at least once, seen at once',
    expected: `one of ${DELIVERIES.join(', ')}`,
    default: 'exactly-once',
  },
  KAFKA_SINK_SHARDS: {
    summary: 'transactional ids of a sink, which write side by side; fixed at its first run',
    expected: 'a whole number from 1 to 64',
    default: '4',
  },
  KAFKA_TRANSACTION_TIMEOUT: {
    summary: 'a transaction that lasts longer is aborted; at most what brokers allow (transaction.max.timeout.ms)',
    expected: DURATION_FORM,
    default: '1m',
  },
  KAFKA_MARKER_TOPIC: {
    summary: 'the compacted topic that says what sinks have committed; never delete it',
    expected: 'the name of a topic',
    default: 'sluice-markers',
  },
} as const satisfies Readonly<Record<string, VariableDescription>>

const topicName = z.string().regex(/^[a-zA-Z0-9._-]{1,249}$/)
const server = z.string().regex(/^(\[[0-9a-fA-F:]+\]|[\w.-]+):\d{1,5}$/)

export const kafkaForms = {
  KAFKA_BOOTSTRAP_SERVERS: z
    .string()
    .transform((text) => text.split(',').map((each) => each.trim()))
    .pipe(z.array(server).min(1))
    .optional(),
  KAFKA_CLIENT: choice(CLIENTS),
  KAFKA_CLIENT_ID: z.string().trim().min(1),
  KAFKA_GROUP_ID: z.string().trim().min(1).optional(),
  KAFKA_SECURITY_PROTOCOL: choice(PROTOCOLS),
  KAFKA_SASL_MECHANISM: choice(MECHANISMS).optional(),
  KAFKA_SASL_USERNAME: z.string().min(1).optional(),
  KAFKA_SASL_PASSWORD: z.string().min(1).optional(),
  KAFKA_OAUTH_TOKEN_URL: z.url({ protocol: /^https?$/ }).optional(),
  KAFKA_SSL_CA: z.string().min(1).optional(),
  KAFKA_SSL_CERTIFICATE: z.string().min(1).optional(),
  KAFKA_SSL_KEY: z.string().min(1).optional(),
  KAFKA_SSL_KEY_PASSPHRASE: z.string().min(1).optional(),
  KAFKA_COMPRESSION: choice(COMPRESSIONS),
  KAFKA_CONNECT_TIMEOUT: durationMs,
  KAFKA_REQUEST_TIMEOUT: durationMs,
  KAFKA_OUT_OF_RANGE: choice(OUT_OF_RANGE),
  KAFKA_DISCOVERY_INTERVAL: durationMs,
  KAFKA_DELIVERY: choice(DELIVERIES),
  KAFKA_SINK_SHARDS: integer(1, 64),
  KAFKA_TRANSACTION_TIMEOUT: durationMs,
  KAFKA_MARKER_TOPIC: topicName,
} satisfies Record<keyof typeof KAFKA_VARIABLES, z.ZodType>

type Values = z.output<z.ZodObject<typeof kafkaForms>>

/** What is missing where some need others, or set where nothing reads it. */
export function kafkaProblems(values: Values): readonly (keyof Values)[] {
  const { KAFKA_SECURITY_PROTOCOL: protocol, KAFKA_SASL_MECHANISM: mechanism } = values
  const problems: (keyof Values)[] = []
  const require = (isRight: boolean, variable: keyof Values) => {
    if (!isRight) problems.push(variable)
  }
  const isSet = (variable: keyof Values) => values[variable] !== undefined
  require(protocol.startsWith('sasl_') === isSet('KAFKA_SASL_MECHANISM'), 'KAFKA_SASL_MECHANISM')
  require((mechanism === 'oauthbearer') === isSet('KAFKA_OAUTH_TOKEN_URL'), 'KAFKA_OAUTH_TOKEN_URL')
  require((mechanism !== undefined) === isSet('KAFKA_SASL_USERNAME'), 'KAFKA_SASL_USERNAME')
  require(isSet('KAFKA_SASL_USERNAME') === isSet('KAFKA_SASL_PASSWORD'), 'KAFKA_SASL_PASSWORD')
  require(!isSet('KAFKA_SSL_CA') || protocol.endsWith('ssl'), 'KAFKA_SSL_CA')
  require(!isSet('KAFKA_SSL_CERTIFICATE') || protocol.endsWith('ssl'), 'KAFKA_SSL_CERTIFICATE')
  require(isSet('KAFKA_SSL_KEY') === isSet('KAFKA_SSL_CERTIFICATE'), 'KAFKA_SSL_KEY')
  return problems
}

/** How a cluster is reached, and what jobs do on it. */
export interface KafkaConfig {
  readonly bootstrapServers: readonly string[]
  readonly client: (typeof CLIENTS)[number]
  readonly clientId: string
  readonly groupId: string | undefined
  /** Undefined: not encrypted. Paths of PEM files. */
  readonly tls:
    | {
        readonly ca: string | undefined
        readonly certificate: string | undefined
        readonly key: string | undefined
        readonly passphrase: string | undefined
      }
    | undefined
  readonly sasl:
    | {
        readonly mechanism: (typeof MECHANISMS)[number]
        readonly username: string
        readonly password: string
        readonly tokenUrl: string | undefined
      }
    | undefined
  readonly compression: (typeof COMPRESSIONS)[number]
  readonly connectTimeoutMs: number
  readonly requestTimeoutMs: number
  readonly outOfRange: (typeof OUT_OF_RANGE)[number]
  readonly discoveryIntervalMs: number
  readonly delivery: (typeof DELIVERIES)[number]
  readonly sinkShards: number
  readonly transactionTimeoutMs: number
  readonly markerTopic: string
}

/** Undefined: topics live in the embedded log. */
export function kafkaConfig(values: Values): KafkaConfig | undefined {
  const { KAFKA_BOOTSTRAP_SERVERS: bootstrapServers, KAFKA_SASL_MECHANISM: mechanism } = values
  if (bootstrapServers === undefined) return undefined
  const tls = {
    ca: values.KAFKA_SSL_CA,
    certificate: values.KAFKA_SSL_CERTIFICATE,
    key: values.KAFKA_SSL_KEY,
    passphrase: values.KAFKA_SSL_KEY_PASSPHRASE,
  }
  const sasl = mechanism && {
    mechanism,
    username: values.KAFKA_SASL_USERNAME!,
    password: values.KAFKA_SASL_PASSWORD!,
    tokenUrl: values.KAFKA_OAUTH_TOKEN_URL,
  }
  return {
    bootstrapServers,
    client: values.KAFKA_CLIENT,
    clientId: values.KAFKA_CLIENT_ID,
    groupId: values.KAFKA_GROUP_ID,
    tls: values.KAFKA_SECURITY_PROTOCOL.endsWith('ssl') ? tls : undefined,
    sasl,
    compression: values.KAFKA_COMPRESSION,
    connectTimeoutMs: values.KAFKA_CONNECT_TIMEOUT,
    requestTimeoutMs: values.KAFKA_REQUEST_TIMEOUT,
    outOfRange: values.KAFKA_OUT_OF_RANGE,
    discoveryIntervalMs: values.KAFKA_DISCOVERY_INTERVAL,
    delivery: values.KAFKA_DELIVERY,
    sinkShards: values.KAFKA_SINK_SHARDS,
    transactionTimeoutMs: values.KAFKA_TRANSACTION_TIMEOUT,
    markerTopic: values.KAFKA_MARKER_TOPIC,
  }
}
