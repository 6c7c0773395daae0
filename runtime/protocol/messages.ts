/**
 * What a coordinator and its workers tell each other: JSON in frames, one message each, in order. Version 1.
 *
 * ```text
 * worker                                  coordinator
 *   hello                             →
 *                                     ←   deploy       open and restore your tasks of an attempt
 *   deployed                          →
 *                                     ←   start        all are deployed: connect to each other and run
 *                                     ←   barrier      begin checkpoint n at your sources
 *   acknowledged | declined           →                (from every task)
 *                                     ←   complete | abort
 *                                     ←   assign       read these splits too
 *   atEnd                             →                a source has reached its bound
 *                                     ←   halt, drain  read no further; close windows
 *   failed                            →                the attempt is over
 *                                     ←   end          end your tasks
 *   ended                             →
 *   status                            →                every second
 *                                     ←   align        how far the slowest source of each alignment group has come
 *                                     ←   collect      somebody looks at the metrics of the job
 *   metrics                           →                also before `ended`
 * ```
 *
 * All but `hello`, `collect` and `metrics`, which are the worker's, carry the epoch of the attempt they belong to; what
 * belongs to another is ignored. 64-bit numbers are strings.
 */

import type { SplitState } from '../../topology/contract/source.ts'
import type { IntervalOutput, StageSnapshot } from '../../topology/contract/stage.ts'
import type { Poison } from '../../topology/poisoned-record.ts'
import type { MetricsSnapshot } from '../observability/metrics-snapshot.ts'
import type { RemoteError } from './remote-error.ts'

export const PROTOCOL_VERSION = 1

/** One subtask of a stage. */
export interface TaskName {
  readonly stage: string
  readonly subtask: number
}

/** `stage#subtask`, as logs and errors name a task. */
export function taskId({ stage, subtask }: TaskName): string {
  return `${stage}#${subtask}`
}

export interface Deployment {
  /** The plan that the coordinator compiled: a worker that compiles another refuses. */
  readonly plan: { readonly fingerprint: string; readonly parallelism: number; readonly keyGroups: number }
  /** Path → SHA-256, of the job module and the files it loads, where the coordinator loaded it from a file. */
  readonly files?: Readonly<Record<string, string>>
  /** By worker: where its data plane listens. */
  readonly addresses: Readonly<Record<string, string>>
  /** By stage: the worker of each subtask. */
  readonly placement: Readonly<Record<string, readonly string[]>>
  /** URI of the manifest to restore. */
  readonly restore?: string
  /** By source uid: the splits of each subtask. */
  readonly splits: Readonly<Record<string, readonly (readonly SplitState[])[]>>
  /** So many records each source shall read one by one, stamped with their places, to find one that fails. */
  readonly careful: number
  /** By source uid: records that go to its side output `poisoned`. */
  readonly poison: Readonly<Record<string, readonly Poison[]>>
  /** Leave state aside that no operator of the job has any more. */
  readonly allowNonRestoredState: boolean
}

/** How a snapshot was taken. */
export interface SnapshotTimes {
  readonly alignmentMs: number
  readonly startDelayMs: number
  readonly snapshotMs: number
}

export type SnapshotMessage = Omit<StageSnapshot, 'output'> & {
  readonly output: readonly (Omit<IntervalOutput, 'checkpointId'> & { readonly checkpointId: string })[]
}

export interface TaskSnapshot {
  readonly stage: StageSnapshot
  /** Positions of a source's splits at the barrier. */
  readonly splits?: readonly SplitState[]
}

/** What a task has done in this attempt. */
export interface TaskStatus extends TaskName {
  readonly nodes: readonly {
    readonly uid: string
    readonly recordsIn: number
    readonly recordsOut: number
    readonly watermarkMs: number | null
  }[]
  readonly recordsIn: number
  /** Of a source: how many it has read that no complete checkpoint has got past. */
  readonly recordsSinceCheckpoint?: number
  /** Of a source whose splits wait for each other: the slowest that others wait for; null when there is none. */
  readonly alignment?: { readonly group: string; readonly watermarkMs: number | null }
  readonly bytesIn: number
  readonly bytesOut: number
  /** Since the last status: together about 1,000. */
  readonly busyMsPerSecond: number
  readonly idleMsPerSecond: number
  readonly backpressuredMsPerSecond: number
  readonly inputQueueLength: number
  readonly outputQueueLength: number
}

interface OfAttempt {
  readonly epoch: string
}

export type ToWorker = OfAttempt &
  (
    | { readonly type: 'deploy'; readonly deployment: Deployment }
    | { readonly type: 'start' }
    | { readonly type: 'barrier'; readonly checkpointId: string; readonly triggeredAtMs: number }
    | { readonly type: 'complete' | 'abort'; readonly checkpointId: string }
    | { readonly type: 'align'; readonly watermarksMs: Readonly<Record<string, number | null>> }
    | { readonly type: 'assign'; readonly task: TaskName; readonly splits: readonly SplitState[] }
    | { readonly type: 'halt' | 'drain' | 'end' }
  )

export type Hello = {
  readonly type: 'hello'
  readonly version: number
  readonly worker: string
  readonly token: string
  readonly pid: number
  /** Where its data plane listens. */
  readonly address: string
}

/** What a worker has measured since it started, over all attempts. */
export interface Collect {
  readonly type: 'collect'
}

export interface WorkerMetricsMessage {
  readonly type: 'metrics'
  readonly metrics: MetricsSnapshot
}

export type FromWorker = OfAttempt &
  (
    | { readonly type: 'deployed' | 'ended' }
    | {
        readonly type: 'acknowledged'
        readonly task: TaskName
        readonly checkpointId: string
        readonly snapshot: SnapshotMessage
        readonly splits?: readonly SplitState[]
        readonly times: SnapshotTimes
      }
    | { readonly type: 'declined'; readonly task: TaskName; readonly checkpointId: string; readonly error: RemoteError }
    | { readonly type: 'atEnd'; readonly task: TaskName }
    | { readonly type: 'failed'; readonly task?: TaskName; readonly error: RemoteError }
    | { readonly type: 'status'; readonly tasks: readonly TaskStatus[] }
  )

export function snapshotToMessage({ output, ...rest }: StageSnapshot): SnapshotMessage {
  return { ...rest, output: output.map((each) => ({ ...each, checkpointId: String(each.checkpointId) })) }
}

export function snapshotFromMessage({ output, ...rest }: SnapshotMessage): StageSnapshot {
  return { ...rest, output: output.map((each) => ({ ...each, checkpointId: BigInt(each.checkpointId) })) }
}
