/** A topic as a source: a split per partition, positions are offsets. Groups only show how far a job has got. */
import type {
  ReaderContext,
  Source,
  SourceBounds,
  SourceReader,
  SplitDescription,
} from '../../topology/contract/source.ts'
import { partitionSplitId } from '../../topology/partition-split.ts'
import type { KafkaAdmin, KafkaDriver } from './driver/driver.ts'
import { KafkaReader } from './reader.ts'
import type { KafkaSettings } from './settings.ts'

export interface KafkaSourceOptions {
  readonly topic: string
  readonly driver: KafkaDriver
  readonly settings: Pick<KafkaSettings, 'groupId' | 'outOfRange' | 'discoveryIntervalMs'>
  /** Makes the topic where it is declared. @throws {SluiceError} `TOPIC_NOT_FOUND` */
  readonly ensureTopic: () => Promise<void>
}

export class KafkaSource implements Source {
  readonly discoveryIntervalMs: number
  private readonly options: KafkaSourceOptions

  constructor(options: KafkaSourceOptions) {
    this.options = options
    this.discoveryIntervalMs = options.settings.discoveryIntervalMs
  }

  async discoverSplits({ from = 'earliest', until }: SourceBounds): Promise<readonly SplitDescription[]> {
    const { topic, driver, ensureTopic } = this.options
    await ensureTopic()
    const admin = await driver.admin()
    const [earliest, latest] = await Promise.all([admin.offsets(topic, 'earliest'), admin.offsets(topic, 'latest')])
    const place = (at: NonNullable<SourceBounds['from']>) => placeOf(admin, topic, at, earliest, latest)
    const [starts, stops] = await Promise.all([place(from), until === undefined ? undefined : place(until)])
    return earliest.map((_, partition) => ({
      id: partitionSplitId(topic, partition),
      index: partition,
      start: String(starts[partition]),
      ...(stops === undefined ? {} : { stop: String(stops[partition]) }),
    }))
  }

  createReader({ job, clock, logger, metrics }: ReaderContext): SourceReader {
    const { topic, driver, settings } = this.options
    const group = settings.groupId ?? `sluice-${job}`
    return new KafkaReader({
      topic,
      clock,
      logger,
      metrics,
      outOfRange: settings.outOfRange,
      openFetcher: () => driver.fetcher({ topic, isolation: 'read_committed' }),
      commit: async (offsets) => (await driver.admin()).commitGroupOffsets(group, topic, offsets),
    })
  }

  /** The driver stays open: it belongs to the system. */
  async close(): Promise<void> {}
}

/** Offsets by partition; one that was given, within what the partition holds. */
async function placeOf(
  admin: KafkaAdmin,
  topic: string,
  place: NonNullable<SourceBounds['from']>,
  earliest: readonly number[],
  latest: readonly number[],
): Promise<readonly number[]> {
  if (place === 'earliest') return earliest
  if (place === 'latest') return latest
  if ('timestampMs' in place) return admin.offsets(topic, place)
  if ('group' in place) {
    // As it is, also where retention has passed it: the reader does then as KAFKA_OUT_OF_RANGE says.
    const committed = await admin.groupOffsets(place.group, topic)
    return earliest.map((first, partition) => committed[partition] ?? first)
  }
  const offset = Number(place.offset)
  return earliest.map((first, partition) => Math.max(first, Math.min(offset, latest[partition]!)))
}
