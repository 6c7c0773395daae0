/**
 * How processes of a job reach each other: ordered frames over connections that are whole or closed. Sockets in earnest,
 * function calls within a process, a simulated network in tests.
 */

/** Both ends have one. Frames arrive whole, in order and once, until the connection closes; what was on its way then is lost. */
export interface FrameConnection {
  /**
   * Sends one frame, the concatenation of `parts`, which the caller changes no more. Never refuses and never waits:
   * whoever sends keeps within the credit that the receiver gave. After a close it does nothing.
   */
  send(...parts: readonly Uint8Array[]): void
  /** Frames that arrive before a listener is set wait for it. The frame's bytes are the listener's to keep. */
  onFrame(listener: (frame: Uint8Array) => void): void
  /** Called once, with what broke the connection; undefined when either end closed it. Called late when it is closed already. */
  onClose(listener: (error: Error | undefined) => void): void
  /** Sends what was given to `send`, then closes. */
  close(): void
}

export interface Listener {
  /** What `connect` takes: `unix:/path`, `tcp:127.0.0.1:4711`, or of the transport's own kind. */
  readonly address: string
  /** Takes no further connections; those there are stay. */
  close(): Promise<void>
}

export interface Transport {
  listen(onConnection: (connection: FrameConnection) => void): Promise<Listener>
  /** @throws {SluiceError} `CONNECT_FAILED` naming the address. */
  connect(address: string): Promise<FrameConnection>
}
