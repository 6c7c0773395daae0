/** The driver on librdkafka, by the low-level classes of @confluentinc/kafka-javascript. */
import type { Logger } from '../../../../topology/contract/observability.ts'
import type { KafkaSettings } from '../../settings.ts'
import type {
  FetcherOptions,
  KafkaAdmin,
  KafkaDriver,
  KafkaFetcher,
  KafkaProducer,
  ProducerOptions,
} from '../driver.ts'
import { ConfluentAdmin } from './confluent-admin.ts'
import { ConfluentFetcher } from './confluent-fetcher.ts'
import { ConfluentProducer } from './confluent-producer.ts'

export class ConfluentDriver implements KafkaDriver {
  private readonly settings: KafkaSettings
  private readonly logger: Logger
  private readonly handedOut = new Set<{ close(): Promise<void> }>()
  private administrator: Promise<ConfluentAdmin> | undefined

  constructor(settings: KafkaSettings, logger: Logger) {
    this.settings = settings
    this.logger = logger
  }

  admin(): Promise<KafkaAdmin> {
    return this.administration()
  }

  async fetcher(options: FetcherOptions): Promise<KafkaFetcher> {
    const admin = await this.administration()
    const requireTopic = (topic: string) => admin.require(topic)
    return this.keep(await ConfluentFetcher.create(this.settings, this.logger, options, requireTopic))
  }

  async producer(options: ProducerOptions): Promise<KafkaProducer> {
    const admin = await this.administration()
    return this.keep(await ConfluentProducer.create(this.settings, options, admin))
  }

  async close(): Promise<void> {
    await Promise.all([...this.handedOut].map((part) => part.close()))
    this.handedOut.clear()
  }

  private async administration(): Promise<ConfluentAdmin> {
    this.administrator ??= ConfluentAdmin.create(this.settings).then((admin) => this.keep(admin))
    try {
      return await this.administrator
    } catch (error) {
      // The next call tries again.
      this.administrator = undefined
      throw error
    }
  }

  private keep<T extends { close(): Promise<void> }>(part: T): T {
    this.handedOut.add(part)
    return part
  }
}
