/** Kafka brokers in containers: plain, with TLS and SASL, and behind a proxy that disturbs the line. */
import { type CreatedProxy, ToxiProxyContainer } from '@testcontainers/toxiproxy'
import { GenericContainer, Network, RandomPortGenerator, type StartedTestContainer, Wait } from 'testcontainers'
import type { KafkaSettings } from '../../../connectors/kafka/settings.ts'
import { type Certificates, makeCertificates } from './certificates.ts'

export interface Broker extends AsyncDisposable {
  readonly bootstrapServers: readonly string[]
  readonly container: StartedTestContainer
  /** How it is reached, kafkajs unless another client is given. */
  settings(changes?: Partial<KafkaSettings>): KafkaSettings
  /** Resolves once it answers again, at the same port. Hard: killed, with no time to flush or to say goodbye. */
  restart(how: 'clean' | 'hard'): Promise<void>
}

export interface ProxiedBroker extends Broker {
  readonly proxy: CreatedProxy
}

export interface SecureBroker extends Broker {
  readonly certificates: Certificates
  /** TLS with SASL. Users: {@link USER} may do all, {@link STRANGER} nothing. */
  readonly sasl: readonly string[]
  /** TLS with a client's certificate. */
  readonly mutualTls: readonly string[]
}

export const USER = { username: 'alice', password: 'alice-secret' }
export const STRANGER = { username: 'bob', password: 'bob-secret' }

const IMAGE = 'apache/kafka:4.1.1'

export async function startBroker(env: Readonly<Record<string, string>> = {}): Promise<Broker> {
  const port = await freePort()
  const bootstrap = `localhost:${port}`
  const container = await plainContainer(bootstrap, 'localhost:19092', env)
    .withExposedPorts({ container: 9092, host: port })
    .start()
  return broker([bootstrap], container, () => container.stop())
}

/** Every byte between client and broker goes through `proxy`. */
export async function startProxiedBroker(env: Readonly<Record<string, string>> = {}): Promise<ProxiedBroker> {
  const network = await new Network().start()
  const toxiproxy = await new ToxiProxyContainer('ghcr.io/shopify/toxiproxy:2.12.0').withNetwork(network).start()
  const proxy = await toxiproxy.createProxy({ name: 'kafka', upstream: 'kafka:9092' })
  const bootstrap = `${proxy.host}:${proxy.port}`
  const container = await plainContainer(bootstrap, 'kafka:19092', env)
    .withNetwork(network)
    .withNetworkAliases('kafka')
    .start()
  const plain = broker([bootstrap], container, async () => {
    // Each, whatever becomes of the others: a broker that was killed may be gone.
    const stopped = await Promise.allSettled([container.stop(), toxiproxy.stop()])
    await network.stop()
    for (const each of stopped) if (each.status === 'rejected') throw each.reason
  })
  return { ...plain, proxy }
}

export async function startSecureBroker(): Promise<SecureBroker> {
  const certificates = makeCertificates()
  const saslPort = await freePort()
  const tlsPort = await freePort()
  const { ca, broker: own } = certificates
  const user = `username="${USER.username}" password="${USER.password}"`
  const users = [USER, STRANGER].map(({ username, password }) => `user_${username}="${password}"`).join(' ')
  const modules = 'org.apache.kafka.common.security'
  const container = await plainContainer(`localhost:${saslPort}`, 'localhost:19092', {
    KAFKA_LISTENERS: 'HOST://:9092,TLS://:9094,BROKER://:19092,CONTROLLER://:9093',
    KAFKA_ADVERTISED_LISTENERS: `HOST://localhost:${saslPort},TLS://localhost:${tlsPort},BROKER://localhost:19092`,
    KAFKA_LISTENER_SECURITY_PROTOCOL_MAP: 'HOST:SASL_SSL,TLS:SSL,BROKER:PLAINTEXT,CONTROLLER:PLAINTEXT',
    KAFKA_SSL_KEYSTORE_TYPE: 'PEM',
    KAFKA_SSL_KEYSTORE_LOCATION: '/etc/kafka/secrets/broker.pem',
    KAFKA_SSL_TRUSTSTORE_TYPE: 'PEM',
    KAFKA_SSL_TRUSTSTORE_LOCATION: '/etc/kafka/secrets/ca.pem',
    KAFKA_LISTENER_NAME_TLS_SSL_CLIENT_AUTH: 'required',
    KAFKA_SASL_ENABLED_MECHANISMS: 'PLAIN,SCRAM-SHA-256,SCRAM-SHA-512,OAUTHBEARER',
    KAFKA_LISTENER_NAME_HOST_PLAIN_SASL_JAAS_CONFIG: `${modules}.plain.PlainLoginModule required ${user} ${users};`,
    KAFKA_LISTENER_NAME_HOST_SCRAM___SHA___256_SASL_JAAS_CONFIG: `${modules}.scram.ScramLoginModule required;`,
    KAFKA_LISTENER_NAME_HOST_SCRAM___SHA___512_SASL_JAAS_CONFIG: `${modules}.scram.ScramLoginModule required;`,
    KAFKA_LISTENER_NAME_HOST_OAUTHBEARER_SASL_JAAS_CONFIG: `${modules}.oauthbearer.OAuthBearerLoginModule required unsecuredLoginStringClaim_sub="${USER.username}";`,
    KAFKA_AUTHORIZER_CLASS_NAME: 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
    KAFKA_SUPER_USERS: `User:ANONYMOUS;User:${USER.username};User:CN=client`,
  })
    .withCopyContentToContainer([
      { content: `${own.key}${own.certificate}`, target: '/etc/kafka/secrets/broker.pem' },
      { content: ca, target: '/etc/kafka/secrets/ca.pem' },
    ])
    .withExposedPorts({ container: 9092, host: saslPort }, { container: 9094, host: tlsPort })
    .start()
  try {
    // One by one: Kafka changes a user once per request.
    for (const bits of [256, 512]) await addScramUser(container, `SCRAM-SHA-${bits}`)
  } catch (error) {
    await container.stop()
    throw error
  }
  const sasl = [`localhost:${saslPort}`]
  const plain = broker(sasl, container, () => container.stop())
  return { ...plain, certificates, sasl, mutualTls: [`localhost:${tlsPort}`] }
}

async function addScramUser(container: StartedTestContainer, mechanism: string): Promise<void> {
  const { exitCode, output } = await container.exec([
    ...['/opt/kafka/bin/kafka-configs.sh', '--bootstrap-server', 'localhost:19092', '--alter'],
    ...['--entity-type', 'users', '--entity-name', USER.username],
    ...['--add-config', `${mechanism}=[password=${USER.password}]`],
  ])
  if (exitCode !== 0) throw new Error(`kafka-configs.sh: ${output}`)
}

/** One that advertises `host` to clients and `own` to containers. */
export function plainContainer(host: string, own: string, env: Readonly<Record<string, string>>): GenericContainer {
  return (
    new GenericContainer(IMAGE)
      // A look-alike that was built from files that may not be written has a configuration that only root can replace.
      .withUser('root')
      .withEnvironment({
        KAFKA_NODE_ID: '1',
        KAFKA_PROCESS_ROLES: 'broker,controller',
        KAFKA_CONTROLLER_QUORUM_VOTERS: '1@localhost:9093',
        KAFKA_CONTROLLER_LISTENER_NAMES: 'CONTROLLER',
        KAFKA_LISTENERS: 'HOST://:9092,BROKER://:19092,CONTROLLER://:9093',
        KAFKA_ADVERTISED_LISTENERS: `HOST://${host},BROKER://${own}`,
        KAFKA_LISTENER_SECURITY_PROTOCOL_MAP: 'HOST:PLAINTEXT,BROKER:PLAINTEXT,CONTROLLER:PLAINTEXT',
        KAFKA_INTER_BROKER_LISTENER_NAME: 'BROKER',
        KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR: '1',
        KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR: '1',
        KAFKA_TRANSACTION_STATE_LOG_MIN_ISR: '1',
        KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS: '0',
        ...env,
      })
      .withWaitStrategy(Wait.forLogMessage('Kafka Server started'))
      .withStartupTimeout(120_000)
  )
}

export function broker(
  servers: readonly string[],
  container: StartedTestContainer,
  stop: () => Promise<unknown>,
): Broker {
  return {
    bootstrapServers: servers,
    container,
    settings: (changes) => ({
      bootstrapServers: servers,
      clientId: 'sluice-test',
      client: 'kafkajs',
      compression: 'none',
      requestTimeoutMs: 30_000,
      connectTimeoutMs: 10_000,
      outOfRange: 'fail',
      discoveryIntervalMs: 1_000,
      delivery: 'exactly-once',
      sinkShards: 2,
      transactionTimeoutMs: 60_000,
      markerTopic: 'sluice-markers',
      ...changes,
    }),
    restart: (how) => container.restart({ timeout: how === 'hard' ? 0 : 30_000 }),
    async [Symbol.asyncDispose]() {
      await stop()
    },
  }
}

export function freePort(): Promise<number> {
  return new RandomPortGenerator().generatePort()
}
