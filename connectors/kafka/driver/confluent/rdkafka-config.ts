/** The settings as librdkafka names them. */
import type { GlobalConfig } from '@confluentinc/kafka-javascript'
import type { KafkaSettings } from '../../settings.ts'

/** How long a token is taken to hold: librdkafka asks for another when most of it has passed. */
const TOKEN_LIFETIME_MS = 300_000

export function rdKafkaConfig(settings: KafkaSettings): GlobalConfig {
  const { bootstrapServers, clientId, requestTimeoutMs, connectTimeoutMs, tls, sasl } = settings
  const config: Record<string, unknown> = {
    'bootstrap.servers': bootstrapServers.join(','),
    'client.id': clientId,
    'socket.timeout.ms': requestTimeoutMs,
    'socket.connection.setup.timeout.ms': Math.max(1_000, connectTimeoutMs),
    'allow.auto.create.topics': false,
    'security.protocol': `${sasl === undefined ? '' : 'sasl_'}${tls === undefined ? 'plaintext' : 'ssl'}`,
    // What it logs comes as errors too.
    log_level: 0,
  }
  if (tls?.ca !== undefined) config['ssl.ca.pem'] = tls.ca
  if (tls?.certificate !== undefined) config['ssl.certificate.pem'] = tls.certificate
  if (tls?.key !== undefined) config['ssl.key.pem'] = tls.key
  if (tls?.passphrase !== undefined) config['ssl.key.password'] = tls.passphrase
  if (sasl !== undefined) config['sasl.mechanisms'] = sasl.mechanism.toUpperCase()
  if (sasl?.mechanism === 'oauthbearer') {
    config['oauthbearer_token_refresh_cb'] = async () => ({
      tokenValue: await sasl.token(),
      lifetime: Date.now() + TOKEN_LIFETIME_MS,
      principal: clientId,
    })
  } else if (sasl !== undefined) {
    config['sasl.username'] = sasl.username
    config['sasl.password'] = sasl.password
  }
  return config as GlobalConfig
}
