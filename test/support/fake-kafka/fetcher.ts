/** A fetcher of the fake. */
import type {
  FetcherOptions,
  KafkaFetcher,
  PartitionProgress,
  RecordSet,
} from '../../../connectors/kafka/driver/driver.ts'
import { OffsetOutOfRange } from '../../../connectors/kafka/errors.ts'
import type { RecordHeader } from '../../../topology/contract/topic.ts'
import type { FakeKafka } from '../fake-kafka.ts'
import { ConnectionLost } from './network.ts'
import type { FakePartition, Fetched, LogEntry } from './partition.ts'

interface Assigned {
  readonly partition: FakePartition
  offset: number
  isPaused: boolean
  failure: Error | undefined
  /** Its offset was out of range: until `seek`. */
  isStanding: boolean
  progress: PartitionProgress | undefined
  /** Fetched and not taken: what comes by another seek is told by it. */
  buffered: RecordSet | undefined
  generation: number
}

const MAX_RECORDS = 500

export class FakeFetcher implements KafkaFetcher {
  private readonly kafka: FakeKafka
  private readonly client: string
  private readonly options: FetcherOptions
  private readonly assigned = new Map<number, Assigned>()
  private isClosed = false

  constructor(kafka: FakeKafka, client: string, options: FetcherOptions) {
    this.kafka = kafka
    this.client = client
    this.options = options
  }

  assign(partitions: ReadonlyMap<number, number>): void {
    for (const [number, offset] of partitions) {
      const partition = this.kafka.partition(this.options.topic, number)
      this.assigned.set(number, {
        partition,
        offset,
        isPaused: false,
        failure: undefined,
        isStanding: false,
        progress: undefined,
        buffered: undefined,
        generation: 0,
      })
    }
  }

  seek(partition: number, offset: number): void {
    const assigned = this.assigned.get(partition)!
    assigned.offset = offset
    assigned.failure = undefined
    assigned.isStanding = false
    assigned.buffered = undefined
    assigned.generation++
  }

  pause(partitions: readonly number[]): void {
    for (const each of partitions) this.assigned.get(each)!.isPaused = true
  }

  resume(partitions: readonly number[]): void {
    for (const each of partitions) this.assigned.get(each)!.isPaused = false
  }

  take(): RecordSet | undefined {
    for (const [number, assigned] of this.assigned) {
      const { failure, buffered } = assigned
      if (assigned.isPaused) continue
      if (failure !== undefined) {
        assigned.failure = undefined
        assigned.isStanding = true
        throw failure
      }
      if (buffered === undefined) continue
      assigned.buffered = undefined
      // The others have their turn first.
      this.assigned.delete(number)
      this.assigned.set(number, assigned)
      return buffered
    }
    return undefined
  }

  async wait(timeoutMs: number, signal: AbortSignal): Promise<void> {
    let isOver = false
    const end = () => {
      isOver = true
      this.kafka.changed()
    }
    using _timer = this.kafka.clock.schedule(timeoutMs, end)
    signal.addEventListener('abort', end, { once: true })
    while (!isOver && !signal.aborted && !this.isClosed) {
      const change = this.kafka.nextChange()
      for (const assigned of [...this.assigned.values()]) await this.fetch(assigned)
      if ([...this.assigned.values()].some((each) => !each.isPaused && (each.buffered ?? each.failure))) break
      await change
    }
    signal.removeEventListener('abort', end)
  }

  progress(partition: number): PartitionProgress | undefined {
    return this.assigned.get(partition)?.progress
  }

  async close(): Promise<void> {
    this.isClosed = true
    this.kafka.changed()
  }

  private async fetch(assigned: Assigned): Promise<void> {
    if (assigned.isPaused || assigned.isStanding || assigned.buffered !== undefined || assigned.failure !== undefined)
      return
    const { topic, isolation } = this.options
    const { partition, offset, generation } = assigned
    let fetched: Fetched | undefined
    try {
      fetched = await this.kafka.carry({ kind: 'fetch', client: this.client, subject: topic }, () => {
        const { highWatermark, lastStableOffset, logStartOffset } = partition
        assigned.progress = { highWatermark, lastStableOffset, logStartOffset }
        return partition.read(offset, isolation, MAX_RECORDS)
      })
    } catch (error) {
      if (error instanceof ConnectionLost) return
      throw error
    }
    if (assigned.generation !== generation) return
    if (fetched === undefined) {
      const { logStartOffset, highWatermark } = partition
      assigned.failure = new OffsetOutOfRange(topic, {
        partition: partition.partition,
        offset,
        logStartOffset,
        highWatermark,
      })
      return
    }
    if (fetched.nextOffset === offset) return
    assigned.offset = fetched.nextOffset
    assigned.buffered = recordSet(partition.partition, fetched)
  }
}

/** Keys and values behind each other in one buffer, as in the bytes of a fetch. */
function recordSet(partition: number, { entries, nextOffset }: Fetched): RecordSet {
  const { length } = entries
  const parts: Uint8Array[] = []
  let filled = 0
  const place = (bytes: Uint8Array | null, starts: Int32Array, ends: Int32Array, index: number) => {
    starts[index] = bytes === null ? -1 : filled
    if (bytes !== null) {
      parts.push(bytes)
      filled += bytes.length
    }
    ends[index] = bytes === null ? -1 : filled
  }
  const keyStarts = new Int32Array(length)
  const keyEnds = new Int32Array(length)
  const valueStarts = new Int32Array(length)
  const valueEnds = new Int32Array(length)
  entries.forEach(({ record }, index) => {
    place(record!.key, keyStarts, keyEnds, index)
    place(record!.value, valueStarts, valueEnds, index)
  })
  return {
    partition,
    length,
    bytes: Buffer.concat(parts),
    offsets: Float64Array.from(entries, ({ offset }) => offset),
    timestampsMs: Float64Array.from(entries, ({ timestampMs }) => timestampMs),
    keyStarts,
    keyEnds,
    valueStarts,
    valueEnds,
    headers: (index) => headersOf(entries[index]!),
    nextOffset,
  }
}

function headersOf({ record }: LogEntry): readonly RecordHeader[] | undefined {
  return record?.headers?.length ? record.headers : undefined
}
