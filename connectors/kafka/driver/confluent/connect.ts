/** Connects a client of librdkafka, and tells why it could not. */
import type { Client, LibrdKafkaError, Metadata } from '@confluentinc/kafka-javascript'
import { unreachable } from '../../errors.ts'
import type { KafkaSettings } from '../../settings.ts'
import { isRefusal, rdKafkaError } from './rdkafka-error.ts'

/** Resolves to metadata, which a broker has answered with. */
export function connectClient(client: Client<'event.error'>, settings: KafkaSettings): Promise<Metadata> {
  const doing = { doing: 'connecting' }
  return new Promise((resolve, reject) => {
    // Says more than that the time is over: that the password is wrong, or the certificate unknown.
    let last: LibrdKafkaError | undefined
    let isOver = false
    const fail = (error: LibrdKafkaError) => {
      if (isOver) return
      isOver = true
      client.disconnect()
      const isRefused = isRefusal(error)
      reject(
        isRefused ? rdKafkaError(error, doing, settings) : unreachable(settings.bootstrapServers, error.message, error),
      )
    }
    client.on('event.error', (error: LibrdKafkaError) => {
      last = error
      if (isRefusal(error)) fail(error)
    })
    client.connect({ timeout: settings.connectTimeoutMs }, (error, metadata) => {
      if (error) return fail(last ?? error)
      if (isOver) return
      isOver = true
      resolve(metadata)
    })
  })
}

export function disconnectClient(client: Client<'event.error'>): Promise<void> {
  return new Promise((resolve) => {
    client.disconnect(() => resolve())
  })
}
