/** The thread of heartbeats.ts. */
import { workerData } from 'node:worker_threads'
import type { Heartbeat } from '../protocol/heartbeat.ts'
import { messages } from '../protocol/message-connection.ts'
import { SocketTransport } from '../transport/socket-transport.ts'
import type { HeartbeatThreadData } from './heartbeats.ts'

/** How long the tasks of a worker may take to end when its coordinator is gone, milliseconds. */
const ORPHAN_LIFE_MS = 5_000

const { address, token, worker, transport, intervalMs, turns } = workerData as HeartbeatThreadData
const counter = new Int32Array(turns)

/** Resolves when the coordinator is gone. */
async function sendHeartbeats(): Promise<void> {
  const connection = messages<never, Heartbeat>(await new SocketTransport(transport).connect(address))
  let seen = { turns: 0, atMs: performance.now() }
  const beat = () => {
    const now = { turns: Atomics.load(counter, 0), atMs: performance.now() }
    if (now.turns !== seen.turns) seen = now
    connection.send({ type: 'heartbeat', worker, token, loopStalledMs: now.atMs - seen.atMs })
  }
  beat()
  const timer = setInterval(beat, intervalMs)
  await new Promise<void>((resolve) => connection.onClose(() => resolve()))
  clearInterval(timer)
}

// Why the connection could not be made is all the same.
await sendHeartbeats().catch(() => {})
// Without its coordinator a worker ends by itself, unless one of its tasks hangs: then there is nobody else to end it.
setTimeout(() => process.kill(process.pid, 'SIGKILL'), ORPHAN_LIFE_MS)
