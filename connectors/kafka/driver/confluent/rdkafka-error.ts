/** Errors of librdkafka: Kafka's own codes from 0 up, its own below. */
import type { LibrdKafkaError } from '@confluentinc/kafka-javascript'
import { SluiceError } from '../../../../topology/errors.ts'
import { type KafkaSubject, responseError, unknownOutcome, unreachable } from '../../errors.ts'
import type { KafkaSettings } from '../../settings.ts'
import { connectionError } from '../client/connection-error.ts'
import { errorName, type KafkaErrorName } from '../protocol/error-codes.ts'

/** Of librdkafka's own errors, those that say the same as one of Kafka's. */
const OWN: Readonly<Record<number, KafkaErrorName>> = {
  [-190]: 'UNKNOWN_TOPIC_OR_PARTITION',
  [-188]: 'UNKNOWN_TOPIC_OR_PARTITION',
  [-144]: 'PRODUCER_FENCED',
}

const UNREACHED: ReadonlySet<number> = new Set([-195, -193, -187, -185])
/** Whatever was on its way may have arrived. */
const MAYBE_DONE: ReadonlySet<number> = new Set([-192, -185, -195])
const AUTHENTICATION = -169
const SSL = -181

/** Whether the broker has turned the client away: to try again would be the same. */
export function isRefusal({ code }: LibrdKafkaError): boolean {
  return code === AUTHENTICATION || code === SSL
}

export function isNamed(error: LibrdKafkaError, name: KafkaErrorName): boolean {
  return (OWN[error.code] ?? errorName(error.code)) === name
}

/** @param mayBeDone whether an error without an answer leaves it open what has become of it */
export function rdKafkaError(
  error: LibrdKafkaError,
  subject: KafkaSubject,
  settings: KafkaSettings,
  mayBeDone = false,
): SluiceError {
  const { bootstrapServers } = settings
  if (mayBeDone && MAYBE_DONE.has(error.code)) return unknownOutcome(subject, error)
  if (error.code === AUTHENTICATION || error.code === SSL) {
    const marked = Object.assign(new Error(error.message), { code: error.code === SSL ? 'ERR_SSL' : 'SASL' })
    const [first] = bootstrapServers
    const colon = first!.lastIndexOf(':')
    return connectionError(marked, { host: first!.slice(0, colon), port: Number(first!.slice(colon + 1)) }, settings)
  }
  if (UNREACHED.has(error.code)) return unreachable(bootstrapServers, error.message, error)
  const name = OWN[error.code] ?? (error.code >= -1 ? errorName(error.code) : undefined)
  if (name !== undefined) return responseError(name, subject, error.message)
  return new SluiceError('KAFKA_REFUSED', `Kafka: ${subject.doing}: ${error.message}`, {
    cause: error,
    details: { ...subject, librdkafkaCode: error.code },
  })
}
