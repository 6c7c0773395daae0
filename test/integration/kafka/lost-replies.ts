/** A driver whose commits lose their replies, or never arrive, when the test says so: the line is cut at each try. */
import type { KafkaDriver, KafkaProducer, PartitionProgress } from '../../../connectors/kafka/driver/driver.ts'
import { UNKNOWN_OUTCOME } from '../../../connectors/kafka/errors.ts'
import { isSluiceError } from '../../../topology/errors.ts'
import { type Cut, END_TXN, type FrameProxy } from './frame-proxy.ts'

export class LostReplies {
  /** Commits whose outcome was unknown. */
  unknown = 0
  /** What the next commit meets, and all that begin before it has failed. */
  cut: Cut | undefined
  /** Whoever reads a topic waits for more of it. */
  onWait: (topic: string, progress: PartitionProgress | undefined) => Promise<void> = async () => {}
  /** What is committing, and to be cut. */
  private under: { cut: Cut; commits: number } | undefined

  constructor(proxy: FrameProxy) {
    proxy.cut = (apiKey) => (apiKey === END_TXN ? this.under?.cut : undefined)
  }

  wrap(driver: KafkaDriver): KafkaDriver {
    return {
      admin: () => driver.admin(),
      fetcher: async (options) => {
        const fetcher = await driver.fetcher(options)
        const wait = fetcher.wait.bind(fetcher)
        fetcher.wait = async (timeoutMs, signal) => {
          await this.onWait(options.topic, fetcher.progress(0))
          await wait(timeoutMs, signal)
        }
        return fetcher
      },
      producer: async (options) => this.wrapProducer(await driver.producer(options)),
      close: () => driver.close(),
    }
  }

  private wrapProducer(producer: KafkaProducer): KafkaProducer {
    return {
      send: (parts, acks) => producer.send(parts, acks),
      begin: async () => {
        const transaction = await producer.begin()
        return {
          send: (parts) => transaction.send(parts),
          abort: () => transaction.abort(),
          commit: () => this.commit(() => transaction.commit()),
        }
      },
      close: () => producer.close(),
    }
  }

  private async commit(commit: () => Promise<void>): Promise<void> {
    if (this.cut === undefined) return await commit()
    // Shards commit at the same time: what one of them meets the others meet too.
    this.under ??= { cut: this.cut, commits: 0 }
    const { under } = this
    under.commits++
    try {
      await commit()
    } catch (error) {
      if (isSluiceError(error, UNKNOWN_OUTCOME)) this.unknown++
      this.cut = undefined
      throw error
    } finally {
      if (--under.commits === 0) this.under = undefined
    }
  }
}
