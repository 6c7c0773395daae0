/** Time and randomness as the runtime sees them: injected, so that a whole job can run in virtual time from one seed. */

export interface Clock {
  /** Wall-clock time, milliseconds since the epoch. */
  nowMs(): number
  /** A steadily growing time for measuring, milliseconds from any start. */
  monotonicMs(): number
  /** Calls `callback` once after `delayMs`; dispose to cancel. Keeps the process alive until then: who waits is not done. */
  schedule(delayMs: number, callback: () => void): Disposable
  /** Resolves once timers, sockets and everybody else have had their turn: for long work that gives way in between. */
  turn(): Promise<void>
}

/** Uniform in [0, 1). */
export type Random = () => number
