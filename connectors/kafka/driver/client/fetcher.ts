/**
 * The fetcher's part of the port: for every broker that leads assigned partitions one fetch at a time, over what has been
 * fetched and waits to be taken. Brokers that do not answer and leaders that move are tried again, for ever.
 */
import { isSluiceError } from '../../../../topology/errors.ts'
import { isTransient, OffsetOutOfRange, responseError } from '../../errors.ts'
import type { FetcherOptions, KafkaFetcher, PartitionProgress, RecordSet } from '../driver.ts'
import { FetchedPartition } from '../protocol/decode-records.ts'
import { isPassing } from '../protocol/error-codes.ts'
import { fetchApi, type PartitionResponse } from '../protocol/fetch.ts'
import { EARLIEST, LATEST, listOffsetsApi } from '../protocol/offsets.ts'
import type { BrokerConnection } from './broker-connection.ts'
import type { Cluster } from './cluster.ts'
import { FetchBuffer, type Ticket } from './fetch-buffer.ts'
import { Backoff } from './retry.ts'

const MIB = 1024 * 1024
const DEFAULTS = { bufferBytes: 32 * MIB, partitionBytes: MIB, maxWaitMs: 500 }
/** Of a partition that no metadata has told of. */
const UNKNOWN = -1

export class ClientFetcher implements KafkaFetcher {
  private readonly cluster: Cluster
  private readonly options: FetcherOptions & typeof DEFAULTS
  private readonly buffer: FetchBuffer
  private readonly leaders = new Map<number, number>()
  /** Those with a fetch on its way, or waiting to try again; {@link UNKNOWN}: metadata are being asked for. */
  private readonly busy = new Set<number>()
  private readonly backoffs = new Map<number, Backoff>()
  private readonly closing = new AbortController()
  /** Said once, until it works again. */
  private isTroubled = false
  /** Since when the topic is not there. */
  private missingSince: number | undefined
  private fatal: Error | undefined

  private constructor(cluster: Cluster, options: FetcherOptions) {
    this.cluster = cluster
    this.options = { ...DEFAULTS, ...options }
    this.buffer = new FetchBuffer(this.options, () => this.pump())
  }

  static async create(cluster: Cluster, options: FetcherOptions): Promise<ClientFetcher> {
    const fetcher = new ClientFetcher(cluster, options)
    await cluster.connect()
    const { partitions } = await cluster.require(options.topic)
    for (const { partition, leader } of partitions) fetcher.leaders.set(partition, leader)
    return fetcher
  }

  assign(partitions: ReadonlyMap<number, number>): void {
    this.buffer.assign(partitions)
  }

  seek(partition: number, offset: number): void {
    this.buffer.seek(partition, offset)
  }

  pause(partitions: readonly number[]): void {
    this.buffer.pause(partitions)
  }

  resume(partitions: readonly number[]): void {
    this.buffer.resume(partitions)
  }

  take(): RecordSet | undefined {
    if (this.fatal !== undefined) throw this.fatal
    return this.buffer.take()
  }

  wait(timeoutMs: number, signal: AbortSignal): Promise<void> {
    return this.fatal === undefined ? this.buffer.wait(timeoutMs, signal) : Promise.resolve()
  }

  progress(partition: number): PartitionProgress | undefined {
    return this.buffer.progress(partition)
  }

  async close(): Promise<void> {
    this.closing.abort()
    this.cluster.close()
    this.buffer.wake()
  }

  /** Begins whatever fetch can begin. */
  private pump(): void {
    if (this.closing.signal.aborted || this.fatal !== undefined) return
    const byLeader = Map.groupBy(this.buffer.wanted(), ({ partition }) => this.leaders.get(partition) ?? UNKNOWN)
    for (const [leader, tickets] of byLeader) {
      if (this.busy.has(leader)) continue
      const maxBytes = leader === UNKNOWN ? 0 : this.buffer.room(tickets)
      if (leader !== UNKNOWN && maxBytes === 0) continue
      this.busy.add(leader)
      void this.attempt(leader, () => (leader === UNKNOWN ? this.findLeaders() : this.fetch(leader, tickets, maxBytes)))
    }
  }

  /** One fetch, or one question for the leaders; after a failure the next one waits. */
  private async attempt(leader: number, run: () => Promise<void>): Promise<void> {
    const backoff = this.backoffs.getOrInsertComputed(leader, () => new Backoff())
    try {
      await run()
      backoff.reset()
    } catch (error) {
      if (this.closing.signal.aborted) return
      if (!isTransient(error)) return this.end(error as Error)
      this.sayTroubled(error as Error)
      await backoff.wait(this.closing.signal)
      // Its partitions may have another leader by now.
      for (const [partition, of] of this.leaders) if (of === leader) this.leaders.set(partition, UNKNOWN)
    }
    this.busy.delete(leader)
    this.pump()
  }

  private async findLeaders(): Promise<void> {
    const { topic } = this.options
    const metadata = await this.cluster.describe(topic)
    if (metadata === undefined) {
      this.missingSince ??= performance.now()
      const isGone = performance.now() - this.missingSince > this.cluster.settings.connectTimeoutMs
      if (isGone) await this.cluster.require(topic)
      throw responseError('LEADER_NOT_AVAILABLE', { doing: 'looking for it', topic })
    }
    this.missingSince = undefined
    for (const { partition, leader } of metadata.partitions) this.leaders.set(partition, leader)
    const lost = this.buffer.wanted().find(({ partition }) => (this.leaders.get(partition) ?? UNKNOWN) === UNKNOWN)
    if (lost === undefined) return
    throw responseError('LEADER_NOT_AVAILABLE', { doing: 'looking for its leader', topic, partition: lost.partition })
  }

  private async fetch(leader: number, tickets: readonly Ticket[], maxBytes: number): Promise<void> {
    const { topic, isolation, maxWaitMs, partitionBytes } = this.options
    const broker = this.cluster.broker(leader)
    const request = { topic, isolation, maxWaitMs, partitionBytes, maxBytes, partitions: tickets }
    const { partitions } = await broker.request(fetchApi, request, { waitsMs: maxWaitMs })
    if (this.isTroubled) this.sayWell()
    let failed: Error | undefined
    for (const response of partitions) {
      const ticket = tickets.find(({ partition }) => partition === response.partition)!
      try {
        await this.accept(broker, ticket, response)
      } catch (error) {
        if (!isTransient(error)) this.buffer.fail(ticket, error as Error)
        else failed ??= error as Error
      }
    }
    if (failed !== undefined) throw failed
  }

  private async accept(broker: BrokerConnection, ticket: Ticket, response: PartitionResponse): Promise<void> {
    const { topic } = this.options
    const { partition, error, records, aborted } = response
    if (error === 'NONE') {
      const fetched = { topic, partition, records, aborted, fetchOffset: ticket.offset }
      const chunk = records.length === 0 ? undefined : new FetchedPartition(fetched)
      return this.buffer.accept(ticket, response, chunk)
    }
    if (error === 'OFFSET_OUT_OF_RANGE') return await this.outOfRange(broker, ticket)
    const isLost = error === 'UNKNOWN_TOPIC_OR_PARTITION' || error === 'UNKNOWN_SERVER_ERROR' || isPassing(error)
    throw responseError(isLost ? 'NOT_LEADER_OR_FOLLOWER' : error, { doing: 'a fetch', topic, partition })
  }

  private async outOfRange(broker: BrokerConnection, ticket: Ticket): Promise<void> {
    const { topic } = this.options
    const { partition, offset } = ticket
    const ask = async (timestampMs: number) => {
      const [answer] = await broker.request(listOffsetsApi, { topic, timestampMs, partitions: [partition] })
      if (answer!.error !== 'NONE')
        throw responseError(answer!.error, { doing: 'asking for its offsets', topic, partition })
      return answer!.offset
    }
    const [logStartOffset, highWatermark] = [await ask(EARLIEST), await ask(LATEST)]
    if (offset >= logStartOffset && offset <= highWatermark) return
    this.buffer.fail(ticket, new OffsetOutOfRange(topic, { partition, offset, logStartOffset, highWatermark }))
  }

  /** Of the whole fetcher. */
  private end(error: Error): void {
    this.fatal = error
    this.buffer.wake()
  }

  private sayTroubled(error: Error): void {
    if (this.isTroubled) return
    this.isTroubled = true
    const { topic } = this.options
    const fields = { event: 'kafka_fetch_interrupted', topic, code: isSluiceError(error) ? error.code : undefined }
    this.cluster.logger.warn(fields, `reading of topic '${topic}' is interrupted and tried again: ${error.message}`)
  }

  private sayWell(): void {
    this.isTroubled = false
    const { topic } = this.options
    this.cluster.logger.info({ event: 'kafka_fetch_resumed', topic }, `reading of topic '${topic}' goes on`)
  }
}
