/**
 * Sends batches to the leaders of their partitions, in rounds: one batch of every partition, then the next. What passes by
 * itself is sent again, the same bytes with the same sequence number, until the time is over.
 */
import type { SluiceError } from '../../../../topology/errors.ts'
import { isTransient, recordTooLarge, responseError, unknownOutcome } from '../../errors.ts'
import type { TopicMetadata } from '../driver.ts'
import { describeConfigsApi } from '../protocol/configs.ts'
import { recordSizeBound } from '../protocol/encode-record-batch.ts'
import { mayHaveAppended } from '../protocol/error-codes.ts'
import { type ProducedBatch, type ProduceRequest, produceApi } from '../protocol/produce.ts'
import type { Cluster } from './cluster.ts'
import type { PartitionSend } from './partition-send.ts'
import { Backoff } from './retry.ts'

/** How many requests' time a batch has to be delivered. */
const DELIVERY_REQUESTS = 4
const DOING = 'sending records'

export class ProduceRounds {
  private readonly cluster: Cluster
  /** Forgotten when an answer contradicts it. */
  private readonly topics = new Map<string, TopicMetadata>()

  constructor(cluster: Cluster) {
    this.cluster = cluster
  }

  /** How long a batch may take, retries and all. */
  get deliveryTimeoutMs(): number {
    return this.cluster.settings.requestTimeoutMs * DELIVERY_REQUESTS
  }

  /** @throws {SluiceError} `KAFKA_UNKNOWN_OUTCOME` when one may have arrived; the first error that no retry mends */
  async deliver(sends: readonly PartitionSend[], how: Pick<ProduceRequest, 'transactionalId' | 'acks'>): Promise<void> {
    const deadline = performance.now() + this.deliveryTimeoutMs
    const backoff = new Backoff()
    for (let open = sends; ; ) {
      open = open.filter(({ isDone }) => !isDone)
      if (open.length === 0) return
      const passing = await this.round(open, how)
      if (passing === undefined) {
        backoff.reset()
        continue
      }
      for (const { topic } of open) this.topics.delete(topic)
      if (performance.now() >= deadline) throw failure(open, passing)
      await backoff.wait()
    }
  }

  /** @returns an error that passes by itself, of any of the batches */
  private async round(
    sends: readonly PartitionSend[],
    how: Pick<ProduceRequest, 'transactionalId' | 'acks'>,
  ): Promise<SluiceError | undefined> {
    let passing: SluiceError | undefined
    try {
      const byLeader = Map.groupBy(
        sends,
        ({ topic, partition }) => this.topics.get(topic)?.partitions[partition]?.leader,
      )
      if (byLeader.has(undefined)) {
        for (const send of sends) await this.findLeader(send)
        return await this.round(sends, how)
      }
      const outcomes = await Promise.allSettled([...byLeader].map(([leader, led]) => this.toLeader(leader!, led, how)))
      for (const outcome of outcomes) {
        if (outcome.status === 'fulfilled') passing ??= outcome.value
        else if (isTransient(outcome.reason)) passing ??= outcome.reason
        else throw outcome.reason
      }
    } catch (error) {
      if (!isTransient(error)) throw failure(sends, error as SluiceError)
      passing ??= error as SluiceError
    }
    return passing
  }

  private async findLeader({ topic, partition }: PartitionSend): Promise<void> {
    // What is known may be from before the partition was added.
    if (this.topics.get(topic)?.partitions[partition] !== undefined) return
    const metadata = await this.cluster.require(topic)
    if (metadata.partitions[partition] === undefined) {
      throw responseError('UNKNOWN_TOPIC_OR_PARTITION', { doing: DOING, topic, partition })
    }
    this.topics.set(topic, metadata)
  }

  private async toLeader(
    leader: number,
    sends: readonly PartitionSend[],
    how: Pick<ProduceRequest, 'transactionalId' | 'acks'>,
  ): Promise<SluiceError | undefined> {
    if (leader < 0) throw responseError('LEADER_NOT_AVAILABLE', { doing: DOING, topic: sends[0]!.topic })
    const broker = this.cluster.broker(leader)
    await broker.connect()
    const { requestTimeoutMs: timeoutMs } = this.cluster.settings
    const request = {
      ...how,
      timeoutMs,
      batches: sends.map(({ topic, partition, bytes }) => ({ topic, partition, bytes })),
    }
    if (how.acks === 0) {
      await broker.request(produceApi, request, { expectsResponse: false })
      for (const send of sends) send.done(-1)
      return undefined
    }
    const wereUncertain = sends.map(({ isUncertain }) => isUncertain)
    for (const send of sends) send.isUncertain = true
    const produced = await broker.request(produceApi, request)
    let passing: SluiceError | undefined
    let lasting: SluiceError | undefined
    for (const [index, send] of sends.entries()) {
      const answer = produced.find(({ topic, partition }) => topic === send.topic && partition === send.partition)!
      if (answer.error === 'NONE' || answer.error === 'DUPLICATE_SEQUENCE_NUMBER') {
        send.done(answer.baseOffset)
        continue
      }
      send.isUncertain = wereUncertain[index]! || mayHaveAppended(answer.error)
      const error = await this.refused(send, answer)
      if (error === undefined) continue
      if (isTransient(error)) passing ??= error
      else lasting ??= failure([send], error)
    }
    // Only now: what became of the others is known.
    if (lasting !== undefined) throw lasting
    return passing
  }

  /** @returns undefined for a batch that is to be sent again in halves */
  private async refused(send: PartitionSend, { error, message }: ProducedBatch): Promise<SluiceError | undefined> {
    const { topic, partition } = send
    if (error === 'MESSAGE_TOO_LARGE' || error === 'RECORD_LIST_TOO_LARGE') {
      if (send.halve()) return undefined
      const controller = await this.cluster.controller()
      const { entries } = await controller.request(describeConfigsApi, { topic })
      return recordTooLarge(topic, recordSizeBound(send.records[0]!), entries.get('max.message.bytes')?.value)
    }
    return responseError(
      await this.cluster.meaningOf(error, { topic, partition }),
      { doing: DOING, topic, partition },
      message,
    )
  }
}

/** A batch that was sent without an answer, or without a clear one, may be there, whatever became of it afterwards. */
function failure(sends: readonly PartitionSend[], error: SluiceError): SluiceError {
  const uncertain = sends.find(({ isUncertain }) => isUncertain)
  if (uncertain === undefined) return error
  return unknownOutcome({ doing: DOING, topic: uncertain.topic, partition: uncertain.partition }, error)
}
