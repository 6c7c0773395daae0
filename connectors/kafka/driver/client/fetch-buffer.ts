/** What has been fetched and not been taken yet, by partition: the same for every client. */
import type { PartitionProgress, RecordSet } from '../driver.ts'

/** What one fetch brought for one partition. */
export interface FetchedChunk {
  readonly sizeBytes: number
  /** Where the next fetch begins. */
  readonly nextOffset: number
  /** The next set of it; undefined when it is used up. */
  take(): RecordSet | undefined
}

/** A partition to be read on from an offset. What was asked for with a ticket is void once the partition has moved. */
export interface Ticket {
  readonly partition: number
  readonly offset: number
}

class AssignedPartition {
  readonly partition: number
  ticket: Ticket
  isPaused = false
  progress: PartitionProgress | undefined
  /** To be thrown once; the partition then stands. */
  error: Error | undefined
  isStanding = false
  bufferedBytes = 0
  readonly chunks: FetchedChunk[] = []

  constructor(partition: number, offset: number) {
    this.partition = partition
    this.ticket = { partition, offset }
  }

  get hasSomething(): boolean {
    return this.chunks.length > 0 ? !this.isPaused : this.error !== undefined
  }

  get isWanted(): boolean {
    return !this.isPaused && !this.isStanding
  }
}

export class FetchBuffer {
  private readonly bufferBytes: number
  private readonly partitionBytes: number
  /** Called when there may be something to fetch that was not to be fetched before. */
  private readonly onRoom: () => void
  private readonly partitions = new Map<number, AssignedPartition>()
  /** In the order in which they were served last: by fetches, and by `take`. */
  private readonly fetchTurns: AssignedPartition[] = []
  private readonly takeTurns: AssignedPartition[] = []
  private waiting: (() => void) | undefined

  constructor(options: { readonly bufferBytes: number; readonly partitionBytes: number }, onRoom: () => void) {
    this.bufferBytes = options.bufferBytes
    this.partitionBytes = options.partitionBytes
    this.onRoom = onRoom
  }

  assign(offsets: ReadonlyMap<number, number>): void {
    for (const [partition, offset] of offsets) {
      const assigned = new AssignedPartition(partition, offset)
      this.partitions.set(partition, assigned)
      this.fetchTurns.push(assigned)
      this.takeTurns.push(assigned)
    }
    this.onRoom()
  }

  seek(partition: number, offset: number): void {
    const assigned = this.require(partition)
    assigned.ticket = { partition, offset }
    assigned.chunks.length = 0
    assigned.bufferedBytes = 0
    assigned.error = undefined
    assigned.isStanding = false
    this.onRoom()
  }

  pause(partitions: readonly number[]): void {
    for (const partition of partitions) this.require(partition).isPaused = true
    this.onRoom()
  }

  resume(partitions: readonly number[]): void {
    for (const partition of partitions) this.require(partition).isPaused = false
    this.onRoom()
    this.wakeIfSomething()
  }

  progress(partition: number): PartitionProgress | undefined {
    return this.partitions.get(partition)?.progress
  }

  /** What is to be fetched, those first that have waited longest. */
  wanted(): readonly Ticket[] {
    return this.fetchTurns.filter(({ isWanted }) => isWanted).map(({ ticket }) => ticket)
  }

  /**
   * How many bytes a fetch of these partitions may bring now; 0: none. As long as one of them has enough waiting, the
   * others wait with it: a fetch without it would be held back by the broker while it runs dry.
   */
  room(tickets: readonly Ticket[]): number {
    const share = Math.max(this.partitionBytes, this.bufferBytes / this.partitions.size)
    let bufferedBytes = 0
    for (const assigned of this.partitions.values()) if (!assigned.isPaused) bufferedBytes += assigned.bufferedBytes
    if (bufferedBytes >= this.bufferBytes) return 0
    if (tickets.some(({ partition }) => this.partitions.get(partition)!.bufferedBytes >= share)) return 0
    return Math.max(this.bufferBytes - bufferedBytes, this.partitionBytes)
  }

  /** The answer to a fetch. */
  accept(
    ticket: Ticket,
    { highWatermark, lastStableOffset, logStartOffset }: PartitionProgress,
    chunk: FetchedChunk | undefined,
  ): void {
    const assigned = this.partitions.get(ticket.partition)
    if (assigned?.ticket !== ticket) return
    assigned.progress = { highWatermark, lastStableOffset, logStartOffset }
    if (chunk === undefined || chunk.nextOffset === ticket.offset) return
    assigned.chunks.push(chunk)
    assigned.bufferedBytes += chunk.sizeBytes
    assigned.ticket = { partition: ticket.partition, offset: chunk.nextOffset }
    moveToEnd(this.fetchTurns, assigned)
    this.wakeIfSomething()
  }

  /** What no retry mends. */
  fail(ticket: Ticket, error: Error): void {
    const assigned = this.partitions.get(ticket.partition)
    if (assigned?.ticket !== ticket) return
    this.stand(assigned, error)
    this.wakeIfSomething()
  }

  take(): RecordSet | undefined {
    for (const assigned of [...this.takeTurns]) {
      const set = assigned.isPaused ? undefined : this.takeFrom(assigned)
      if (set !== undefined) {
        moveToEnd(this.takeTurns, assigned)
        return set
      }
      const { error } = assigned
      // After what was fetched before it.
      if (error === undefined || assigned.chunks.length > 0) continue
      assigned.error = undefined
      throw error
    }
    return undefined
  }

  /** Resolves when `take` may give something, or after `timeoutMs`. */
  wait(timeoutMs: number, signal: AbortSignal): Promise<void> {
    if (this.hasSomething || signal.aborted || timeoutMs <= 0) return Promise.resolve()
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer)
        signal.removeEventListener('abort', done)
        this.waiting = undefined
        resolve()
      }
      const timer = setTimeout(done, timeoutMs)
      signal.addEventListener('abort', done)
      this.waiting = done
    })
  }

  /** Ends a wait. */
  wake(): void {
    this.waiting?.()
  }

  private get hasSomething(): boolean {
    return this.takeTurns.some(({ hasSomething }) => hasSomething)
  }

  private wakeIfSomething(): void {
    if (this.hasSomething) this.wake()
  }

  private takeFrom(assigned: AssignedPartition): RecordSet | undefined {
    for (let chunk = assigned.chunks[0]; chunk !== undefined; chunk = assigned.chunks[0]) {
      let set: RecordSet | undefined
      try {
        set = chunk.take()
      } catch (error) {
        this.stand(assigned, undefined)
        throw error
      }
      if (set !== undefined) return set
      assigned.chunks.shift()
      assigned.bufferedBytes -= chunk.sizeBytes
      this.onRoom()
    }
    return undefined
  }

  private stand(assigned: AssignedPartition, error: Error | undefined): void {
    assigned.error = error
    assigned.isStanding = true
    if (error !== undefined) return
    assigned.chunks.length = 0
    assigned.bufferedBytes = 0
  }

  private require(partition: number): AssignedPartition {
    const assigned = this.partitions.get(partition)
    if (assigned === undefined) throw new Error(`partition ${partition} is not assigned`)
    return assigned
  }
}

function moveToEnd<T>(turns: T[], member: T): void {
  turns.push(turns.splice(turns.indexOf(member), 1)[0]!)
}
