/** The records that a checkpoint owes to one shard, read from segments in what a broker takes at a time. */
import type { OutgoingRecord } from '../../../topology/contract/topic.ts'
import { isSluiceError, SluiceError } from '../../../topology/errors.ts'
import { BATCH_OVERHEAD_BYTES, recordBytes } from '../../../topology/record-bytes.ts'
import type { PartitionRecords } from '../driver/driver.ts'
import type { Outbox } from './outbox.ts'
import { decodeSection, type Section, type SegmentCommittable } from './segment.ts'

/** What is sent at a time: the records that follow those before in the order of segments and sections. */
export interface Round {
  readonly parts: readonly PartitionRecords[]
  readonly records: number
  readonly bytes: number
}

export interface RoundsOptions {
  readonly outbox: Outbox
  readonly topic: string
  readonly shard: number
  readonly shards: number
  /** So many records of the shard have been sent already. */
  readonly skip: number
  /** Of a round, unless one record alone has more. */
  readonly maxBytes: number
}

/** The sections of a shard: those of its partitions. */
export function sectionsOf({ sections }: SegmentCommittable, shard: number, shards: number): readonly Section[] {
  return sections.filter(({ partition }) => partition % shards === shard)
}

export async function* roundsOf(
  segments: readonly SegmentCommittable[],
  options: RoundsOptions,
): AsyncGenerator<Round> {
  let { skip } = options
  let round = new RoundBuilder(options)
  for (const segment of segments) {
    const sections = sectionsOf(segment, options.shard, options.shards)
    const records = countOf(sections)
    if (records <= skip) {
      skip -= records
      continue
    }
    for (const { partition, records: decoded } of await read(segment.location, sections, options.outbox)) {
      for (const record of decoded.slice(skip)) {
        if (!round.takes(record)) {
          yield round.build()
          round = new RoundBuilder(options)
        }
        round.add(partition, record)
      }
      skip = Math.max(0, skip - decoded.length)
    }
  }
  if (round.records > 0) yield round.build()
}

export function countOf(sections: readonly Section[]): number {
  return sections.reduce((sum, { records }) => sum + records, 0)
}

class RoundBuilder {
  records = 0
  private bytes = BATCH_OVERHEAD_BYTES
  private readonly topic: string
  private readonly maxBytes: number
  private readonly byPartition = new Map<number, OutgoingRecord[]>()

  constructor({ topic, maxBytes }: RoundsOptions) {
    this.topic = topic
    this.maxBytes = maxBytes
  }

  takes(record: OutgoingRecord): boolean {
    return this.records === 0 || this.bytes + recordBytes(record) <= this.maxBytes
  }

  add(partition: number, record: OutgoingRecord): void {
    this.records++
    this.bytes += recordBytes(record)
    const records = this.byPartition.get(partition)
    if (records === undefined) this.byPartition.set(partition, [record])
    else records.push(record)
  }

  build(): Round {
    const { topic, records, bytes } = this
    const parts = Array.from(this.byPartition, ([partition, each]) => ({ topic, partition, records: each }))
    return { parts, records, bytes }
  }
}

/** In one read: a writer lays the sections of a shard side by side. */
async function read(location: string, sections: readonly Section[], outbox: Outbox) {
  const start = Math.min(...sections.map((section) => section.start))
  const end = Math.max(...sections.map((section) => section.end))
  const bytes = await outbox.read(location, { start, end }).catch((error: unknown) => {
    throw isSluiceError(error, 'FILE_NOT_FOUND') ? missing(location, error) : error
  })
  return sections.map((section) => ({
    partition: section.partition,
    records: decodeSection(bytes.subarray(section.start - start, section.end - start), section, location),
  }))
}

function missing(location: string, cause: unknown): SluiceError {
  return new SluiceError(
    'STAGED_OUTPUT_MISSING',
    `segment ${location} is not there, and no marker says it is in the topic`,
    {
      cause,
      fix: 'Bring the outbox back that belongs to this checkpoint, or the marker topic: one of both is gone.',
      details: { location },
    },
  )
}
