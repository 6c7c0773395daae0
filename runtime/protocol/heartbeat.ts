/**
 * Heartbeats: on a connection of their own, from a thread of their own, so that a worker whose tasks are busy is told
 * from one that hangs.
 */

export interface Heartbeat {
  readonly type: 'heartbeat'
  readonly worker: string
  readonly token: string
  /** How long the worker's loop has not had its turn, milliseconds. */
  readonly loopStalledMs: number
}
