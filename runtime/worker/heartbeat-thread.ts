/** The thread of heartbeats.ts. */
import { workerData } from 'node:worker_threads'
import type { Heartbeat } from '../protocol/heartbeat.ts'
import { messages } from '../protocol/message-connection.ts'
import { SocketTransport } from '../transport/socket-transport.ts'
import type { HeartbeatThreadData } from './heartbeats.ts'

const { address, token, worker, transport, intervalMs, turns } = workerData as HeartbeatThreadData
const counter = new Int32Array(turns)
/** How long a worker may take to end once its coordinator is gone, milliseconds. */
const END_TIMEOUT_MS = 10_000
const connection = messages<never, Heartbeat>(await new SocketTransport(transport).connect(address))

let seen = { turns: 0, atMs: performance.now() }
function beat(): void {
  const now = { turns: Atomics.load(counter, 0), atMs: performance.now() }
  if (now.turns !== seen.turns) seen = now
  connection.send({ type: 'heartbeat', worker, token, loopStalledMs: now.atMs - seen.atMs })
}
beat()
const timer = setInterval(beat, intervalMs)
connection.onClose(() => {
  clearInterval(timer)
  // Without its coordinator a worker ends by itself, unless a task never gives way.
  setTimeout(() => process.kill(process.pid, 'SIGKILL'), END_TIMEOUT_MS)
})
