/** Workers told apart by their heartbeats: those that hang, and those that could not be heard. */
import { expect, it } from 'vitest'
import { WorkerPool } from '../../../runtime/coordinator/worker-pool.ts'
import type { Heartbeat } from '../../../runtime/protocol/heartbeat.ts'
import { messages } from '../../../runtime/protocol/message-connection.ts'
import { type FromWorker, type Hello, PROTOCOL_VERSION, type ToWorker } from '../../../runtime/protocol/messages.ts'
import { LocalTransport } from '../../../runtime/transport/local-transport.ts'
import { ManualClock } from '../../support/manual-clock.ts'
import { until } from '../../support/run-process.ts'
import { recordingLogger } from '../../support/silent.ts'

/** A pool of workers that say hello and nothing else, in manual time. */
async function poolOf(count: number) {
  const clock = new ManualClock()
  const transport = new LocalTransport()
  const beats: (() => void)[] = []
  const pool = new WorkerPool({
    transport,
    token: 'token',
    clock,
    logger: recordingLogger(),
    heartbeatTimeoutMs: 10_000,
    launcher: {
      heartbeats: true,
      async launch(worker, address, token) {
        const connection = messages<ToWorker, Hello | Heartbeat | FromWorker>(await transport.connect(address))
        connection.send({ type: 'hello', version: PROTOCOL_VERSION, worker, token, pid: 1, address: 'local:0' })
        beats.push(() => connection.send({ type: 'heartbeat', worker, token, loopStalledMs: 0 }))
        return { pid: 1, kill() {}, exited: new Promise<string>(() => {}) }
      },
    },
  })
  await pool.ready(count)
  const heard = () => pool.running.filter(({ lastBeatMs }) => lastBeatMs === clock.monotonicMs()).length
  return { pool, clock, beats, heard }
}

it('a worker that is silent for longer than the timeout is lost, and no other', async () => {
  const { pool, clock, beats, heard } = await poolOf(2)
  const [first, second] = pool.running
  clock.advance(9_000)
  beats[0]!()
  await until('the beat to be heard', () => heard() === 1)
  clock.advance(4_000)
  expect([first!.state, second!.state]).toEqual(['RUNNING', 'LOST'])
})

it('a coordinator that stood still does not hold that against its workers', async () => {
  const { pool, clock, beats, heard } = await poolOf(2)
  const [first, second] = pool.running
  clock.stall(60_000)
  expect([first!.state, second!.state]).toEqual(['RUNNING', 'RUNNING'])
  beats[0]!()
  await until('the beat to be heard', () => heard() === 1)
  clock.advance(10_001)
  expect([first!.state, second!.state]).toEqual(['RUNNING', 'LOST'])
})
