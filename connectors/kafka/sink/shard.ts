/**
 * One shard of a sink: a transactional id, and the partitions whose number leaves the shard's as its rest.
 *
 * Whoever initialises the id has it alone: what the producer before had open is aborted, and whatever that sends from then
 * on is refused. So what the markers say after the initialisation stays true as long as transactions of this producer go
 * through, and every write is decided by a look that nobody can have come after. A producer that has failed is of no more
 * use: another one takes the id and looks again, which answers every unknown outcome, and tells a producer that a zombie
 * has shut out (it finds its own epoch and goes on) from a zombie (it finds a newer one and ends).
 */
import type { CommitRequest } from '../../../topology/contract/sink.ts'
import { isSluiceError } from '../../../topology/errors.ts'
import type { KafkaProducer, KafkaTransaction } from '../driver/driver.ts'
import { isTransient, UNKNOWN_OUTCOME } from '../errors.ts'
import type { CommitterOptions } from './committer.ts'
import { countSent } from './count-sent.ts'
import { type CommittedChunk, encodeMarker, type Marker, transactionalIdOf } from './marker.ts'
import { MARKER_PARTITION } from './marker-topic.ts'
import type { Markers } from './markers.ts'
import { countOf, roundsOf, sectionsOf } from './rounds.ts'
import type { SegmentCommittable } from './segment.ts'

/** Producers in a row that have got nothing done. */
const MAX_FAILURES = 10
/** Of two attempts that take the id from each other before either has a marker, one has to come late: full jitter. */
const FIRST_PAUSE_MS = 50
const MAX_PAUSE_MS = 5_000

export interface ShardOptions extends CommitterOptions {
  readonly markers: Markers
  /** @throws {SluiceError} when the markers say that an attempt of this epoch has been replaced */
  readonly refuseReplaced: (epoch: bigint) => void
}

export class Shard {
  readonly number: number
  private readonly options: ShardOptions
  private readonly transactionalId: string
  private producer: KafkaProducer | undefined

  constructor(options: ShardOptions, number: number) {
    this.options = options
    this.number = number
    this.transactionalId = transactionalIdOf(options.context, number)
  }

  get marker(): Marker | undefined {
    return this.options.markers.of(this.number)
  }

  /** Takes the transactional id. The markers have to be read after it. */
  async open(): Promise<void> {
    const { driver, settings } = this.options
    this.producer = await driver.producer({
      transactionalId: this.transactionalId,
      transactionTimeoutMs: settings.transactionTimeoutMs,
      compression: settings.compression,
    })
  }

  async close(): Promise<void> {
    const { producer } = this
    this.producer = undefined
    // Whether it can still say goodbye makes no difference.
    await producer?.close().catch(() => {})
  }

  /** Writes a marker with the new epoch: from then on every older attempt that looks is refused. */
  async fence(epoch: bigint, shardsOf: () => number, check: () => void): Promise<void> {
    await this.until(
      () => {
        check()
        return this.marker?.epoch === epoch
      },
      async () => ({ shard: this.number, shards: shardsOf(), epoch, committed: this.marker?.committed }),
    )
  }

  /** Puts into the topic what is not there yet. */
  async commit(request: CommitRequest, shards: number): Promise<void> {
    const segments = request.committables as unknown as readonly SegmentCommittable[]
    const total = segments.reduce((sum, segment) => sum + countOf(sectionsOf(segment, this.number, shards)), 0)
    if (total === 0) return
    await this.until(
      () => {
        this.options.refuseReplaced(request.epoch)
        return this.holds(request)
      },
      async (transaction) => {
        const done = this.doneOf(request)
        const records = await this.produce(transaction, segments, done.records, shards)
        const { checkpointId, checkpointEpoch, epoch } = request
        const last = records === total
        return {
          shard: this.number,
          shards,
          epoch,
          committed: { checkpointId, checkpointEpoch, chunk: done.chunk + 1, records, last },
        }
      },
    )
  }

  /** Runs transactions until the markers say that it is done; each ends with the marker that `fill` gives. */
  private async until(isDone: () => boolean, fill: (transaction: KafkaTransaction) => Promise<Marker>): Promise<void> {
    let failures = 0
    for (;;) {
      const { producer, marker } = this
      if (producer !== undefined && isDone()) return
      try {
        if (producer === undefined) await this.acquire()
        else await this.transaction(producer, fill)
        // A look may find that the producer before has got something done, and only heard no more of it.
        if (this.marker !== marker) failures = 0
      } catch (error) {
        await this.close()
        if (!mayPass(error) || ++failures === MAX_FAILURES) throw error
        const { transactionalId } = this
        this.options.context.logger.warn(
          { event: 'producer-replaced', transactionalId, err: error },
          `${transactionalId}: ${(error as Error).message}; looking at what is in the topic`,
        )
        if (failures > 1) await this.pause(failures - 2)
      }
    }
  }

  private async acquire(): Promise<void> {
    await this.open()
    await this.options.markers.read()
  }

  private async pause(doublings: number): Promise<void> {
    const { context, random } = this.options
    const pauseMs = random() * Math.min(MAX_PAUSE_MS, FIRST_PAUSE_MS * 2 ** doublings)
    await new Promise<void>((resolve) => context.clock.schedule(pauseMs, resolve))
  }

  private async transaction(
    producer: KafkaProducer,
    fill: (transaction: KafkaTransaction) => Promise<Marker>,
  ): Promise<void> {
    const { context, settings, markers, faultPoint } = this.options
    const transaction = await producer.begin()
    const key = Buffer.from(this.transactionalId)
    let marker: Marker
    let isEnding = false
    try {
      marker = await fill(transaction)
      const record = { key, value: encodeMarker(context, marker) }
      await transaction.send([{ topic: settings.markerTopic, partition: MARKER_PARTITION, records: [record] }])
      faultPoint('kafka-sink.before-end')
      isEnding = true
      await transaction.commit()
    } catch (error) {
      this.count(isSluiceError(error, 'FENCED') ? 'fenced' : isEnding && isUnknown(error) ? 'unknown' : 'aborted')
      // Left open, it would hold up everybody who reads committed records.
      if (!isEnding && !mayPass(error)) await transaction.abort().catch(() => {})
      throw error
    }
    this.count('committed')
    faultPoint('kafka-sink.after-end')
    markers.note(marker)
  }

  private count(outcome: 'committed' | 'aborted' | 'fenced' | 'unknown'): void {
    const { context, topic } = this.options
    context.metrics.counter('transactions_total', { topic, outcome }).add(1)
  }

  /** As many rounds as one transaction may hold. @returns how many records of the checkpoint are sent then */
  private async produce(
    transaction: KafkaTransaction,
    segments: readonly SegmentCommittable[],
    skip: number,
    shards: number,
  ): Promise<number> {
    const { context, outbox, topic, roundBytes, settings, transactionBytes, faultPoint } = this.options
    const startedMs = context.clock.monotonicMs()
    let records = skip
    let sentBytes = 0
    for await (const round of roundsOf(segments, {
      outbox,
      topic,
      shard: this.number,
      shards,
      skip,
      maxBytes: roundBytes,
    })) {
      await transaction.send(round.parts)
      countSent(context.metrics, topic, round)
      faultPoint('kafka-sink.after-produce')
      records += round.records
      sentBytes += round.bytes
      // Most of its time is left for a round that takes long, and for the end.
      const isLate = context.clock.monotonicMs() - startedMs > settings.transactionTimeoutMs / 4
      if (sentBytes >= transactionBytes || isLate) break
    }
    return records
  }

  private holds(request: CommitRequest): boolean {
    const committed = this.marker?.committed
    if (committed === undefined) return false
    return committed.checkpointId > request.checkpointId || (isOf(committed, request) && committed.last)
  }

  private doneOf(request: CommitRequest): { readonly records: number; readonly chunk: number } {
    const committed = this.marker?.committed
    return committed !== undefined && isOf(committed, request) ? committed : { records: 0, chunk: -1 }
  }
}

function isOf({ checkpointId, checkpointEpoch }: CommittedChunk, request: CommitRequest): boolean {
  return checkpointId === request.checkpointId && checkpointEpoch === request.checkpointEpoch
}

function isUnknown(error: unknown): boolean {
  return isSluiceError(error, UNKNOWN_OUTCOME)
}

/** Another producer will do: this one's request has an unknown outcome, or its id is another's, or nobody was there. */
function mayPass(error: unknown): boolean {
  return isUnknown(error) || isSluiceError(error, 'FENCED') || isTransient(error)
}
