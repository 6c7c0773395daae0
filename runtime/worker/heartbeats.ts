/** Sends heartbeats from a thread of their own, which goes on while the tasks of a worker are busy, and not when it hangs. */
import { Worker as Thread } from 'node:worker_threads'
import type { SocketTransportOptions } from '../transport/socket-transport.ts'

export interface HeartbeatOptions {
  /** The coordinator's. */
  readonly address: string
  readonly token: string
  readonly worker: string
  readonly transport: SocketTransportOptions
  readonly intervalMs: number
}

export interface HeartbeatThreadData extends HeartbeatOptions {
  /** One Int32: how often the loop has had its turn. */
  readonly turns: SharedArrayBuffer
}

/** How often the loop shows that it turns, milliseconds. */
const TURN_MS = 100

/** Until the process ends. Keeps it alive no longer than anything else does. */
export function startHeartbeats(options: HeartbeatOptions): void {
  const turns = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT)
  const counter = new Int32Array(turns)
  setInterval(() => Atomics.add(counter, 0, 1), TURN_MS).unref()
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js'
  const data: HeartbeatThreadData = { ...options, turns }
  new Thread(new URL(`./heartbeat-thread.${extension}`, import.meta.url), { workerData: data }).unref()
}
