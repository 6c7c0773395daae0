/** Where workers come from: processes, this process, a simulation. */

export interface WorkerHandle {
  readonly pid: number
  /** Ends it at once, also one that hangs. */
  kill(): void
  /** Resolves when it has ended, with how: `exit code 1`, `SIGKILL`. */
  readonly exited: Promise<string>
}

export interface Launcher {
  /**
   * Starts a worker that will connect to the coordinator at `address` and say hello with `token`.
   * @throws {SluiceError} `WORKER_START_FAILED`
   */
  launch(worker: string, address: string, token: string): Promise<WorkerHandle>
  /** Whether workers can hang while the coordinator does not, so that they have to send heartbeats. */
  readonly heartbeats: boolean
}
