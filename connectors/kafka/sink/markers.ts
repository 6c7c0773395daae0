/** The markers of one sink, read from the marker topic as far as transactions have been decided. */
import type { CommitterContext } from '../../../topology/contract/sink.ts'
import type { KafkaDriver, RecordSet } from '../driver/driver.ts'
import { decodeMarker, isLater, type Marker, transactionalIdOf } from './marker.ts'
import { MARKER_PARTITION } from './marker-topic.ts'

export interface MarkersOptions {
  readonly driver: KafkaDriver
  readonly topic: string
  readonly context: CommitterContext
  /** Whoever waits for a transaction of somebody else gives up. */
  readonly signal: AbortSignal
}

/** A read that waits says so, and says so again, this often. */
const SAY_SO_EVERY_MS = 10_000
const WAIT_MS = 1_000

export class Markers {
  private readonly options: MarkersOptions
  private readonly keyPrefix: string
  private readonly byShard = new Map<number, Marker>()
  /** Everything before it has been read. */
  private position: number | undefined
  private reading: Promise<void> = Promise.resolve()

  constructor(options: MarkersOptions) {
    this.options = options
    this.keyPrefix = transactionalIdOf(options.context, 0).slice(0, -1)
  }

  of(shard: number): Marker | undefined {
    return this.byShard.get(shard)
  }

  all(): Iterable<Marker> {
    return this.byShard.values()
  }

  /** What a transaction of our own has just committed: a look of another shard may come upon one before it afterwards. */
  note(marker: Marker): void {
    const known = this.byShard.get(marker.shard)
    if (known === undefined || isLater(marker, known)) this.byShard.set(marker.shard, marker)
  }

  /**
   * Reads on to where the topic ends now, decided or not: what was written under a transactional id before that was
   * initialised is known then. A transaction that is open holds the read up until it is decided, whoever it belongs to:
   * those of the ids that were initialised are not among them.
   */
  read(): Promise<void> {
    const read = this.reading.then(() => this.readOn())
    this.reading = read.catch(() => {})
    return read
  }

  private async readOn(): Promise<void> {
    const { driver, topic, signal } = this.options
    const admin = await driver.admin()
    this.position ??= (await admin.offsets(topic, 'earliest'))[MARKER_PARTITION]!
    const end = (await admin.offsets(topic, 'latest'))[MARKER_PARTITION]!
    if (this.position >= end) return
    const fetcher = await driver.fetcher({ topic, isolation: 'read_committed' })
    try {
      fetcher.assign(new Map([[MARKER_PARTITION, this.position]]))
      const sayHowLong = this.sayHowLong(end)
      while (this.position < end) {
        signal.throwIfAborted()
        const records = fetcher.take()
        if (records === undefined) {
          sayHowLong(fetcher.progress(MARKER_PARTITION)?.lastStableOffset)
          await fetcher.wait(WAIT_MS, signal)
        } else {
          this.keep(records)
          this.position = records.nextOffset
        }
      }
    } finally {
      await fetcher.close()
    }
  }

  private keep({ length, bytes, keyStarts, keyEnds, valueStarts, valueEnds, offsets }: RecordSet): void {
    for (let i = 0; i < length; i++) {
      if (!bytes.toString('latin1', keyStarts[i], keyEnds[i]).startsWith(this.keyPrefix)) continue
      const place = `${this.options.topic}[${MARKER_PARTITION}]@${offsets[i]}`
      this.note(decodeMarker(bytes.subarray(valueStarts[i], valueEnds[i]), place))
    }
  }

  private sayHowLong(end: number): (lastStableOffset: number | undefined) => void {
    const { topic, context } = this.options
    const { clock, logger } = context
    const startedMs = clock.monotonicMs()
    let nextMs = startedMs + WAIT_MS
    return (lastStableOffset) => {
      const nowMs = clock.monotonicMs()
      if (nowMs < nextMs) return
      nextMs = nowMs + SAY_SO_EVERY_MS
      const waitedMs = nowMs - startedMs
      logger.warn(
        { event: 'markers-held', topic, partition: MARKER_PARTITION, lastStableOffset, end, waitedMs },
        `waiting for a transaction to end that somebody has open on topic '${topic}' (last stable offset ${lastStableOffset}, read up to ${end} wanted)`,
      )
    }
  }
}
