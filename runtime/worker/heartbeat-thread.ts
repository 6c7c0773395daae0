/** The thread of heartbeats.ts. */
import { workerData } from 'node:worker_threads'
import type { Heartbeat } from '../protocol/heartbeat.ts'
import { messages } from '../protocol/message-connection.ts'
import { SocketTransport } from '../transport/socket-transport.ts'
import type { HeartbeatThreadData } from './heartbeats.ts'

const { address, token, worker, transport, intervalMs, turns } = workerData as HeartbeatThreadData
const counter = new Int32Array(turns)
const connection = messages<never, Heartbeat>(await new SocketTransport(transport).connect(address))

let seen = { turns: 0, atMs: performance.now() }
function beat(): void {
  const now = { turns: Atomics.load(counter, 0), atMs: performance.now() }
  if (now.turns !== seen.turns) seen = now
  connection.send({ type: 'heartbeat', worker, token, loopStalledMs: now.atMs - seen.atMs })
}
beat()
const timer = setInterval(beat, intervalMs)
// Without its coordinator a worker ends anyhow.
connection.onClose(() => clearInterval(timer))
