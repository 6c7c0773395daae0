/** For applications: publish events, checked, completed and retried. */
export type { EventEnvelope, EventInput, EventSchema } from './envelope.ts'
export { EventProducer, type EventProducerOptions, type RawOptions } from './event-producer.ts'
export { type OpenEventProducerOptions, openEventProducer } from './open-event-producer.ts'
export type { RetryOptions } from './retry.ts'
export type { EventProblem } from './validate-event.ts'
