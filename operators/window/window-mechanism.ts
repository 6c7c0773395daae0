/** What a kind of windows does for the operator that cuts a stream into them. */
import type { OperatorContext } from '../../topology/contract/operator.ts'
import type { Key } from '../../topology/element.ts'
import type { Accumulators } from './accumulators.ts'
import type { TimeWindow } from './time-window.ts'
import type { Trigger } from './trigger.ts'
import type { WindowProgress } from './window-progress.ts'

/** The records of a batch, as windows see them. */
export interface WindowInput {
  readonly rows: readonly unknown[]
  /** Absent where windows have no need of them. */
  readonly timestampsMs: Float64Array | undefined
  /** Absent where all records are of one key: see `keyAt`. */
  readonly keys: readonly Key[] | undefined
  readonly keyGroups: Uint16Array | undefined
}

/** The key, and its group, of records that have none. */
export const NO_KEY: Key = ''
export const NO_KEY_GROUP = 0

export interface WindowMechanism {
  /** Gathers the records of a batch; returns the places of those that came too late. */
  gather(input: WindowInput): number[]
  /** Fires and forgets what a watermark passes, in the order of the windows' ends; +∞ at a drain. */
  advance(toMs: number): void
  /** Fires what has changed since it last fired. */
  fireChanged(): void
  /** Whether anything has; known only where the trigger makes use of it. */
  readonly hasChanged: boolean
}

/** Takes what a window of a key has gathered. */
export type Fire = (key: Key, accumulators: readonly unknown[], window: TimeWindow, timestampMs: number) => void

/** What a mechanism works with. */
export interface WindowTools {
  readonly context: OperatorContext
  readonly accumulators: Accumulators
  readonly progress: WindowProgress
  readonly trigger: Trigger
  readonly allowedLatenessMs: number
  readonly fire: Fire
}
