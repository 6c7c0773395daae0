/**
 * Where a stage (one fused chain DAG with its state) meets whoever hosts it: our task by function calls, and anybody else
 * by the same as messages on a socket. Nothing here is anything only our own worker could provide.
 *
 * The host aligns barriers, merges watermarks over inputs and holds back batches while an output has no credit.
 */
import type { Batch, Element, EndOfInput, Idle, Watermark } from '../element.ts'
import type { Json } from '../json.ts'
import type { Clock } from './clock.ts'
import type { Logger, MetricScope } from './observability.ts'
import type { SerdeSystem } from './serde.ts'
import type { Committable, SinkWriter } from './sink.ts'
import type { CodecForm } from './state.ts'

/** Bytes of one state, for a range of key groups: inline or a file. */
export interface StateChunk {
  readonly uid: string
  readonly state: string
  readonly codec: CodecForm
  /** Inclusive. */
  readonly firstKeyGroup: number
  readonly lastKeyGroup: number
  readonly entries: number
  readonly bytes: Uint8Array
}

/** Where the host keeps a chunk: a content-addressed file. */
export interface StateReference extends Omit<StateChunk, 'bytes'> {
  /** Relative to the job's checkpoint directory. */
  readonly file: string
  readonly sizeBytes: number
  /** Hexadecimal SHA-256 of the file. */
  readonly sha256: string
}

/** What the writers of a stage made durable between two barriers. */
export interface IntervalOutput {
  /** The sink. */
  readonly uid: string
  /** The barrier that ended the interval. */
  readonly checkpointId: bigint
  readonly committables: readonly Committable[]
}

export interface StageSnapshot {
  readonly keyed: readonly StateReference[]
  /** By `uid/name`: entries that a rescale deals out again, merged over the subtasks. */
  readonly split: Readonly<Record<string, Readonly<Record<string, Json>>>>
  /**
   * Of this interval, and of those before it that the stage has not been told are complete: so the output of a checkpoint
   * that was aborted goes into the next one. The host leaves out what it knows to be complete.
   */
  readonly output: readonly IntervalOutput[]
  /**
   * By sink uid: the watermark the sink had seen at the barrier; null when it had seen none yet, left out when it has
   * none to wait for, since all of its inputs are idle.
   */
  readonly sinkWatermarksMs: Readonly<Record<string, number | null>>
  /** The greatest real watermark the stage has seen, so that none regresses after a restore; −Infinity is null. */
  readonly watermarkMs: number | null
}

export interface StageRestore {
  /** Chunks that hold key groups of this subtask, and perhaps others; one in memory at a time. */
  readonly keyed: AsyncIterable<StateChunk>
  readonly split: Readonly<Record<string, Readonly<Record<string, Json>>>>
  /** Leave behind what no operator declares, instead of refusing it. */
  readonly dropUnclaimed: boolean
  readonly watermarkMs: number | null
}

export interface StageHost {
  readonly job: string
  readonly epoch: bigint
  readonly subtask: number
  readonly parallelism: number
  readonly keyGroups: number
  readonly clock: Clock
  readonly logger: Logger
  readonly serdes: SerdeSystem
  metrics(uid: string): MetricScope
  /** Sends an element to output `output`; the host routes and accounts for credit. */
  emit(output: number, element: Element): void
  /** Makes a chunk of a running snapshot durable. */
  store(chunk: StateChunk, checkpointId: bigint): Promise<StateReference>
  /** Asks for a call of `onWake` at this moment of processing time, milliseconds since the epoch, or when it has passed. */
  wake(atMs: number): void
  /** How far a split of the stage's source has come in event time, milliseconds: for a host that aligns its splits. */
  reportSplit(split: number, watermarkMs: number): void
  /** Sinks the stage writes to, by uid: two-phase writers made by the host's connectors. */
  openWriter(uid: string): Promise<SinkWriter>
}

export interface Stage {
  readonly id: string
  open(host: StageHost, restore: StageRestore | undefined): Promise<void>
  /**
   * A promise means: something inside is full; the next call waits for it. A stage that begins with a source takes its
   * records at input 0, and those that have been found to be poisonous at input 1.
   */
  onBatch(input: number, batch: Batch): void | Promise<void>
  /** Merged over the input's channels; with a split, from a source's split. */
  onWatermark(input: number, watermark: Watermark): void | Promise<void>
  onIdle(input: number, idle: Idle): void
  onEnd(input: number, end: EndOfInput): void | Promise<void>
  /** Nothing more is at hand: rows that have waited inside for others, to make a larger batch, go on. */
  onQuiet(): void | Promise<void>
  /** Nothing waits inside, for others or to be told. Before a host waits for anything, it calls `onQuiet` until this is so. */
  readonly isQuiet: boolean
  /** What the stage asked its host for, between two elements, or while a promise of its is waited for. */
  onWake(nowMs: number): void | Promise<void>
  /**
   * The barrier, aligned. The cut is made before the call returns; the promise resolves once all is encoded and durable.
   * Ends a snapshot that still runs, whose checkpoint has been given up then: its promise rejects.
   */
  snapshot(checkpointId: bigint): Promise<StageSnapshot>
  /** May be lost: n + 1 subsumes n. */
  complete(checkpointId: bigint): void
  /** The checkpoint has been given up: its snapshot may end. Its output stays owed. */
  abort(checkpointId: bigint): void
  close(): Promise<void>
}
