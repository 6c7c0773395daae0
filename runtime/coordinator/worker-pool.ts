/** The workers of a job: launched, listened to, watched by their heartbeats, replaced when they are lost. */
import type { Clock } from '../../topology/contract/clock.ts'
import type { Logger } from '../../topology/contract/observability.ts'
import { SluiceError } from '../../topology/errors.ts'
import type { MetricsSnapshot } from '../observability/metrics-snapshot.ts'
import type { Heartbeat } from '../protocol/heartbeat.ts'
import { messages } from '../protocol/message-connection.ts'
import {
  type Collect,
  type FromWorker,
  type Hello,
  PROTOCOL_VERSION,
  type ToWorker,
  type WorkerMetricsMessage,
} from '../protocol/messages.ts'
import { isToken } from '../protocol/token.ts'
import type { FrameConnection, Listener, Transport } from '../transport/transport.ts'
import type { Launcher } from './launcher.ts'
import { WorkerMetrics } from './worker-metrics.ts'
import { type WorkerConnection, WorkerSession } from './worker-session.ts'

export interface WorkerPoolOptions {
  readonly transport: Transport
  readonly launcher: Launcher
  readonly token: string
  readonly clock: Clock
  readonly logger: Logger
  /** How long a worker may take to start, milliseconds. @default 60,000 */
  readonly startTimeoutMs?: number
  /** A worker that has not been heard of for this long is hung, milliseconds. @default 10,000 */
  readonly heartbeatTimeoutMs?: number
  /** A worker that is alive, and whose tasks have not given way for this long, is hung too, milliseconds. @default 300,000 */
  readonly stallTimeoutMs?: number
  /** Told of every change of a worker's state. */
  readonly onChange?: (session: WorkerSession) => void
}

/** How long a process that has closed its connection is waited for, to say how it ended, milliseconds. */
const EXIT_GRACE_MS = 200
/** A worker whose loop stands still for this long is warned of, milliseconds. */
const SLOW_AFTER_MS = 5_000

export class WorkerPool {
  private readonly options: WorkerPoolOptions
  private readonly sessions = new Map<string, WorkerSession>()
  private readonly waiting = new Map<string, PromiseWithResolvers<void>>()
  private readonly warned = new Set<WorkerSession>()
  private readonly metrics: WorkerMetrics
  private listening: Promise<Listener> | undefined
  private watch: Disposable | undefined
  private launched = 0
  private closed = false

  constructor(options: WorkerPoolOptions) {
    this.options = options
    this.metrics = new WorkerMetrics(options.clock)
  }

  /** Those that run, in the order of their start. */
  get running(): readonly WorkerSession[] {
    return [...this.sessions.values()].filter((session) => session.state === 'RUNNING')
  }

  /** Those that run or start. */
  get all(): readonly WorkerSession[] {
    return [...this.sessions.values()]
  }

  /** Exactly `count` workers: launches those that are missing, ends those that are too many. */
  async ready(count: number): Promise<readonly WorkerSession[]> {
    const { address } = await this.listen()
    if (this.closed) throw startFailed('it is not needed any more')
    this.scheduleWatch()
    for (const session of this.all.slice(count)) this.dismiss(session)
    while (this.sessions.size < count) this.launch(address)
    await Promise.all([...this.waiting.values()].map(({ promise }) => promise))
    const { running } = this
    if (running.length < count) throw startFailed('a worker was lost while the others started')
    return running
  }

  /** What all its workers have measured, also those that are gone. */
  collectMetrics(): Promise<readonly MetricsSnapshot[]> {
    return this.metrics.collect(this.running)
  }

  /** Takes a worker for lost: it did not do what it was told. */
  discard(session: WorkerSession, reason: string): void {
    this.lose(session, reason, undefined)
  }

  async close(): Promise<void> {
    this.closed = true
    this.watch?.[Symbol.dispose]()
    const handles = this.all.map((session) => session.handle)
    for (const session of this.all) this.dismiss(session)
    const listener = await this.listening?.catch(() => undefined)
    await listener?.close()
    await Promise.all(handles.map((handle) => handle?.exited))
  }

  private async listen(): Promise<Listener> {
    this.listening ??= this.options.transport.listen((connection) => this.accept(connection))
    try {
      return await this.listening
    } catch (error) {
      this.listening = undefined
      throw error
    }
  }

  private launch(address: string): void {
    const { clock, launcher, token, startTimeoutMs = 60_000 } = this.options
    const session = new WorkerSession(`w${++this.launched}`, clock.nowMs(), clock.monotonicMs())
    const started = Promise.withResolvers<void>()
    started.promise.catch(() => {})
    this.sessions.set(session.name, session)
    this.waiting.set(session.name, started)
    this.changed(session)
    const timer = clock.schedule(startTimeoutMs, () =>
      this.lose(session, `it did not connect within ${startTimeoutMs} ms`, undefined),
    )
    started.promise.finally(() => timer[Symbol.dispose]()).catch(() => {})
    launcher.launch(session.name, address, token).then(
      (handle) => {
        session.handle = handle
        handle.exited.then((how) => this.lose(session, `its process ended: ${how}`, undefined))
        if (!this.sessions.has(session.name)) handle.kill()
      },
      (error: unknown) => this.lose(session, (error as Error).message, error),
    )
  }

  private accept(frames: FrameConnection): void {
    const connection = messages<Hello | Heartbeat | FromWorker | WorkerMetricsMessage, ToWorker | Collect>(frames)
    let session: WorkerSession | undefined
    connection.onMessage((message) => {
      if (message.type === 'heartbeat') {
        if (this.knows(message.token)) this.beat(message)
      } else if (message.type === 'hello') {
        session = this.greet(message, connection as WorkerConnection)
        if (session === undefined) connection.close()
      } else if (session === undefined) {
        connection.close()
      } else if (message.type === 'metrics') {
        if (session.state === 'RUNNING') this.metrics.received(session, message.metrics)
      } else {
        session.listener?.received(session, message)
      }
    })
    connection.onClose((error) => {
      if (session !== undefined) void this.disconnected(session, error)
    })
  }

  private greet(hello: Hello, connection: WorkerConnection): WorkerSession | undefined {
    const session = this.sessions.get(hello.worker)
    if (session?.state !== 'STARTING' || !this.knows(hello.token)) return undefined
    if (hello.version !== PROTOCOL_VERSION) {
      this.lose(session, `it speaks protocol version ${hello.version}, not ${PROTOCOL_VERSION}`, undefined)
      return undefined
    }
    session.connected(connection, hello)
    session.lastBeatMs = this.options.clock.monotonicMs()
    this.changed(session)
    this.waiting.get(session.name)?.resolve()
    this.waiting.delete(session.name)
    return session
  }

  private knows(token: string): boolean {
    return isToken(token, this.options.token)
  }

  private beat({ worker, loopStalledMs }: Heartbeat): void {
    const session = this.sessions.get(worker)
    if (session === undefined) return
    session.lastBeatMs = this.options.clock.monotonicMs()
    session.lastHeartbeatAtMs = this.options.clock.nowMs()
    session.loopStalledMs = loopStalledMs
  }

  /** The process may be about to say how it ended. */
  private async disconnected(session: WorkerSession, error: Error | undefined): Promise<void> {
    const { clock } = this.options
    const grace = new Promise<void>((resolve) => clock.schedule(EXIT_GRACE_MS, resolve))
    await Promise.race([session.handle?.exited, grace])
    this.lose(session, error?.message ?? 'it closed its connection', error)
  }

  private scheduleWatch(): void {
    const { clock, launcher, heartbeatTimeoutMs = 10_000 } = this.options
    if (!launcher.heartbeats || this.watch !== undefined) return
    const periodMs = heartbeatTimeoutMs / 4
    const dueMs = clock.monotonicMs() + periodMs
    this.watch = clock.schedule(periodMs, () => {
      this.watch = undefined
      // Beats that came while this process stood still have not been heard yet: that time is nobody's silence.
      const lateMs = clock.monotonicMs() - dueMs
      for (const session of this.running) session.lastBeatMs += lateMs
      this.checkBeats(heartbeatTimeoutMs)
      if (!this.closed) this.scheduleWatch()
    })
  }

  private checkBeats(heartbeatTimeoutMs: number): void {
    const { clock, logger, stallTimeoutMs = 300_000 } = this.options
    const nowMs = clock.monotonicMs()
    for (const session of this.running) {
      const silentMs = nowMs - session.lastBeatMs
      if (silentMs > heartbeatTimeoutMs) {
        this.lose(session, `it hangs: no heartbeat for ${Math.round(silentMs)} ms`, undefined)
      } else if (session.loopStalledMs > stallTimeoutMs) {
        this.lose(session, `its tasks hang: none has given way for ${Math.round(session.loopStalledMs)} ms`, undefined)
      } else if (session.loopStalledMs > SLOW_AFTER_MS && !this.warned.has(session)) {
        this.warned.add(session)
        logger.warn(
          { event: 'worker-slow', worker: session.name, loopStalledMs: session.loopStalledMs },
          `worker ${session.name} is alive and slow: a task has kept its loop for ${Math.round(session.loopStalledMs)} ms`,
        )
      } else if (session.loopStalledMs < SLOW_AFTER_MS) {
        this.warned.delete(session)
      }
    }
  }

  private lose(session: WorkerSession, reason: string, cause: unknown): void {
    if (!this.sessions.delete(session.name)) return
    session.state = 'LOST'
    session.handle?.kill()
    session.disconnect()
    const error = new SluiceError('WORKER_LOST', `worker ${session.name} (process ${session.pid}) is lost: ${reason}`, {
      cause,
      fix: 'The job goes on from its last checkpoint. If it happens again, look into the log of the worker.',
      details: { worker: session.name, pid: session.pid },
    })
    this.options.logger.warn({ event: 'worker-lost', worker: session.name, pid: session.pid }, error.message)
    this.changed(session)
    this.waiting.get(session.name)?.reject(startFailed(reason))
    this.waiting.delete(session.name)
    session.listener?.lost(session, error)
  }

  /** Ends a worker that is not needed any more. */
  private dismiss(session: WorkerSession): void {
    this.sessions.delete(session.name)
    this.waiting.get(session.name)?.reject(startFailed('it is not needed any more'))
    this.waiting.delete(session.name)
    session.state = 'ENDED'
    session.disconnect()
    session.handle?.kill()
    this.changed(session)
  }

  private changed(session: WorkerSession): void {
    if (session.state === 'LOST' || session.state === 'ENDED') this.metrics.ended(session)
    this.options.onChange?.(session)
  }
}

function startFailed(reason: string): SluiceError {
  return new SluiceError('WORKER_START_FAILED', `a worker did not start: ${reason}`, {
    fix: 'Look into what it wrote to standard error.',
  })
}
