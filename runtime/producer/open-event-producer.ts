/** An event producer as applications open it: wherever the configuration says topics live. */
import { openSerdes, openTopics } from '../compose/index.ts'
import { loadConfig } from '../config/index.ts'
import { createLogger } from '../observability/logger.ts'
import { createMetrics, type Metrics } from '../observability/metrics.ts'
import { systemClock } from '../time/system-clock.ts'
import type { EventSchema } from './envelope.ts'
import { EventProducer, type EventProducerOptions } from './event-producer.ts'

export interface OpenEventProducerOptions<S extends EventSchema>
  extends Omit<
    EventProducerOptions<S>,
    'system' | 'serdes' | 'ownsSystem' | 'clock' | 'random' | 'logger' | 'metrics'
  > {
  /** Read beside `.env` of `cwd`. @default process.env */
  readonly env?: Readonly<Record<string, string | undefined>>
  /** What a relative data directory is relative to. @default process.cwd() */
  readonly cwd?: string
  /** Where its metrics are counted, for an application that serves them. @default nowhere to be seen */
  readonly metrics?: Metrics
}

/**
 * Opens the topic's system and, for topics in Avro and Protobuf, the schema registry as `.env` and the environment say, and
 * a producer on them; closing the producer closes all.
 *
 * Acknowledgement and retries are as PRODUCER_ACKS, PRODUCER_RETRIES and its backoff say, unless given. Warnings go to
 * standard error.
 *
 * @throws {SluiceError} `CONFIG_INVALID`, and what opening the system, and {@link EventProducer.open}, throw.
 * @example
 * await using producer = await openEventProducer({ schema: UserActionEvent, sourceSystem: 'web-app' })
 */
export async function openEventProducer<S extends EventSchema>(
  options: OpenEventProducerOptions<S>,
): Promise<EventProducer<S>> {
  const { env = process.env, cwd = process.cwd(), metrics, ...given } = options
  const { config } = loadConfig({ env, cwd })
  const logger = await createLogger({ level: 'warn', format: config.log.format, clock: systemClock })
  const { scope } = metrics ?? createMetrics({ prefix: config.metrics.prefix, clock: systemClock })
  const context = { clock: systemClock, logger }
  await using opened = new AsyncDisposableStack()
  const system = opened.adopt(await openTopics(config, context), (each) => each.close())
  const serdes = opened.adopt(openSerdes(config, context), (each) => each.close())
  const producer = await EventProducer.open({
    acks: config.producer.acks,
    retry: config.producer.retry,
    ...given,
    system,
    serdes,
    ownsSystem: true,
    clock: systemClock,
    random: Math.random,
    logger,
    metrics: scope({}),
  })
  opened.move()
  return producer
}
