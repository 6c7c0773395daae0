/** The driver on lines of a client: requests, retries and record batches are Sluice's own. */
import type {
  FetcherOptions,
  KafkaAdmin,
  KafkaDriver,
  KafkaFetcher,
  KafkaProducer,
  ProducerOptions,
} from '../driver.ts'
import { ClientAdmin } from './admin.ts'
import type { ClientContext } from './broker-connection.ts'
import { Cluster } from './cluster.ts'
import { ClientFetcher } from './fetcher.ts'
import { ClientProducer } from './producer.ts'

/** Every part has connections of its own: a fetch that waits at the broker holds nothing else up. */
export class ClientDriver implements KafkaDriver {
  private readonly context: ClientContext
  private readonly handedOut = new Set<{ close(): void | Promise<void> }>()
  private administrator: Promise<ClientAdmin> | undefined

  constructor(context: ClientContext) {
    this.context = context
  }

  async admin(): Promise<KafkaAdmin> {
    this.administrator ??= this.connecting(async (cluster) => {
      await cluster.connect()
      return new ClientAdmin(cluster)
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
    return this.connecting((cluster) => ClientFetcher.create(cluster, options))
  }

  producer(options: ProducerOptions): Promise<KafkaProducer> {
    return this.connecting((cluster) => ClientProducer.create(cluster, options))
  }

  async close(): Promise<void> {
    await Promise.all([...this.handedOut].map((part) => part.close()))
  }

  private async connecting<T extends { close(): void | Promise<void> }>(
    create: (cluster: Cluster) => Promise<T>,
  ): Promise<T> {
    let part: T | undefined
    // What is closed is not kept: a fetcher may have megabytes that nobody took, and a process has many attempts.
    const cluster = new Cluster(this.context, () => part && this.handedOut.delete(part))
    try {
      part = await create(cluster)
      this.handedOut.add(part)
      return part
    } catch (error) {
      cluster.close()
      throw error
    }
  }
}
