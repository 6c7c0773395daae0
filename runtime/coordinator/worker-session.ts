/** A worker as its coordinator sees it: launched, connected, lost or ended. */
import type { WorkerDetail } from '../../topology/contract/job-detail.ts'
import type { SluiceError } from '../../topology/errors.ts'
import type { MessageConnection } from '../protocol/message-connection.ts'
import type { Collect, FromWorker, Hello, ToWorker, WorkerMetricsMessage } from '../protocol/messages.ts'
import type { WorkerHandle } from './launcher.ts'

/** Of a coordinator with a worker, from its hello on. */
export type WorkerConnection = MessageConnection<Hello | FromWorker | WorkerMetricsMessage, ToWorker | Collect>

/** What an attempt hears of its workers. */
export interface WorkerListener {
  received(session: WorkerSession, message: FromWorker): void
  lost(session: WorkerSession, error: SluiceError): void
}

export class WorkerSession {
  readonly name: string
  readonly startedAtMs: number
  state: WorkerDetail['state'] = 'STARTING'
  handle: WorkerHandle | undefined
  /** Of the wall clock. */
  lastHeartbeatAtMs: number | null = null
  /** Of the steady clock. */
  lastBeatMs: number
  /** How long its tasks have kept their loop to themselves, as its heartbeats say. */
  loopStalledMs = 0
  /** Where its data plane listens; once it is connected. */
  address = ''
  listener: WorkerListener | undefined
  private connection: WorkerConnection | undefined

  constructor(name: string, startedAtMs: number, monotonicMs: number) {
    this.name = name
    this.startedAtMs = startedAtMs
    this.lastBeatMs = monotonicMs
  }

  get pid(): number {
    return this.handle?.pid ?? 0
  }

  connected(connection: WorkerConnection, hello: Hello): void {
    this.connection = connection
    this.address = hello.address
    this.state = 'RUNNING'
  }

  send(message: ToWorker | Collect): void {
    if (this.state === 'RUNNING') this.connection?.send(message)
  }

  disconnect(): void {
    this.connection?.close()
  }

  detail(subtasks: number): WorkerDetail {
    const { name: id, pid, state, startedAtMs, lastHeartbeatAtMs } = this
    return { id, pid, state, startedAtMs, lastHeartbeatAtMs, subtasks }
  }
}
