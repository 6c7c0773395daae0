/** The clients that can be loaded here. */
import { createRequire } from 'node:module'
import { KAFKA_CLIENTS, type KafkaClient } from '../../../connectors/kafka/settings.ts'

/** librdkafka's native part is built by hand (see CONTRIBUTING.md): without it its client is left out. */
export const INSTALLED_CLIENTS: readonly KafkaClient[] = KAFKA_CLIENTS.filter(
  (client) => client !== 'confluent' || canLoad('@confluentinc/kafka-javascript'),
)

function canLoad(name: string): boolean {
  try {
    createRequire(import.meta.url)(name)
    return true
  } catch {
    return false
  }
}
