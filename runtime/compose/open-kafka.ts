/** Topics on Kafka, as the configuration says: PEM files and OAuth tokens are read here, so that a driver gets values. */
import { readFileSync } from 'node:fs'
import type { TopicSystem } from '../../topology/contract/topic.ts'
import { SluiceError } from '../../topology/errors.ts'
import type { Config } from '../config/config.ts'
import type { KafkaConfig } from '../config/kafka.ts'
import { type FaultPoint, faultPoint } from '../fault-point.ts'
import { type ComposeContext, openFiles } from './compose.ts'

/** The cluster that the configuration names; its client's package is loaded only now. @throws {SluiceError} `CLIENT_MISSING` */
export async function openKafkaTopics(
  config: Config,
  kafka: KafkaConfig,
  context: ComposeContext,
): Promise<TopicSystem> {
  const [{ openKafka }, { openKafkaDriver }] = await Promise.all([
    import('../../connectors/kafka/kafka.ts'),
    import('../../connectors/kafka/driver/open-driver.ts'),
  ])
  const settings = { ...kafka, tls: kafka.tls && pemFiles(kafka.tls), sasl: kafka.sasl && saslOf(kafka.sasl) }
  return openKafka({
    ...context,
    settings,
    partitions: config.topic.partitions,
    driver: await openKafkaDriver(settings, context.logger),
    files: await openFiles(config, context),
    outbox: outboxOf(config),
    random: Math.random,
    faultPoint: (name) => faultPoint(name as FaultPoint),
  })
}

/** Beside the checkpoints, whose committables name what is in it: who can read them finds it. */
function outboxOf({ checkpoints }: Config): string {
  return `${checkpoints}-outbox`
}

function pemFiles({ ca, certificate, key, passphrase }: NonNullable<KafkaConfig['tls']>) {
  return {
    ...(ca === undefined ? {} : { ca: pem('KAFKA_SSL_CA', ca) }),
    ...(certificate === undefined ? {} : { certificate: pem('KAFKA_SSL_CERTIFICATE', certificate) }),
    ...(key === undefined ? {} : { key: pem('KAFKA_SSL_KEY', key) }),
    ...(passphrase === undefined ? {} : { passphrase }),
  }
}

function pem(variable: string, path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    throw new SluiceError('CONFIG_UNREADABLE', `${variable}: ${path} cannot be read: ${(error as Error).message}`, {
      cause: error,
      fix: 'Name a PEM file that this user may read.',
      details: { variable, path },
    })
  }
}

function saslOf({ mechanism, username, password, tokenUrl }: NonNullable<KafkaConfig['sasl']>) {
  if (mechanism !== 'oauthbearer') return { mechanism, username, password }
  return { mechanism, token: () => clientCredentialsToken(tokenUrl!, username, password) }
}

/** RFC 6749, section 4.4. */
async function clientCredentialsToken(url: string, clientId: string, clientSecret: string): Promise<string> {
  const authorization = Buffer.from(`${encodeURIComponent(clientId)}:${encodeURIComponent(clientSecret)}`)
  const failed = (why: string, cause?: unknown) =>
    new SluiceError('KAFKA_AUTHENTICATION', `no OAuth token from ${new URL(url).host}: ${why}`, {
      cause,
      fix: 'Check KAFKA_OAUTH_TOKEN_URL, KAFKA_SASL_USERNAME (client id) and KAFKA_SASL_PASSWORD (client secret).',
    })
  let response: Response
  try {
    response = await fetch(url, {
      method: 'POST',
      headers: { authorization: `Basic ${authorization.toString('base64')}` },
      body: new URLSearchParams({ grant_type: 'client_credentials' }),
      signal: AbortSignal.timeout(10_000),
    })
  } catch (error) {
    throw failed((error as Error).message, error)
  }
  if (!response.ok) throw failed(`status ${response.status}`)
  const token: unknown = ((await response.json()) as { readonly access_token?: unknown }).access_token
  if (typeof token !== 'string') throw failed('the answer has no access_token')
  return token
}
