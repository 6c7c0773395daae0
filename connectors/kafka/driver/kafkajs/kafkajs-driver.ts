/** The driver on kafkajs' connections: requests, retries and record batches are Sluice's own. */
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
import { KafkaJsAdmin } from './admin.ts'
import { Cluster } from './cluster.ts'
import { KafkaJsFetcher } from './fetcher.ts'
import { KafkaJsProducer } from './producer.ts'

/** Every part has connections of its own: a fetch that waits at the broker holds nothing else up. */
class KafkaJsDriver implements KafkaDriver {
  private readonly settings: KafkaSettings
  private readonly logger: Logger
  private readonly handedOut = new Set<{ close(): void | Promise<void> }>()
  private administrator: Promise<KafkaJsAdmin> | undefined

  constructor(settings: KafkaSettings, logger: Logger) {
    this.settings = settings
    this.logger = logger
  }

  async admin(): Promise<KafkaAdmin> {
    this.administrator ??= this.connecting(async (cluster) => {
      await cluster.connect()
      return new KafkaJsAdmin(cluster)
    })
    try {
      return await this.administrator
    } catch (error) {
      // The next call tries again.
      this.administrator = undefined
      throw error
    }
  }

  fetcher(options: FetcherOptions): Promise<KafkaFetcher> {
    return this.connecting((cluster) => KafkaJsFetcher.create(cluster, options))
  }

  producer(options: ProducerOptions): Promise<KafkaProducer> {
    return this.connecting((cluster) => KafkaJsProducer.create(cluster, options))
  }

  async close(): Promise<void> {
    await Promise.all([...this.handedOut].map((part) => part.close()))
  }

  private async connecting<T extends { close(): void | Promise<void> }>(
    create: (cluster: Cluster) => Promise<T>,
  ): Promise<T> {
    const cluster = new Cluster(this.settings, this.logger)
    try {
      const part = await create(cluster)
      this.handedOut.add(part)
      return part
    } catch (error) {
      cluster.close()
      throw error
    }
  }
}

export function openKafkaJsDriver(settings: KafkaSettings, logger: Logger): KafkaDriver {
  return new KafkaJsDriver(settings, logger)
}
