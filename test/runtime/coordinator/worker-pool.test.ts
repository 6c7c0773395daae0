/** The pool while things happen at once: what it listens on and launches when the job ends first. */
import { expect, it } from 'vitest'
import { WorkerPool } from '../../../runtime/coordinator/worker-pool.ts'
import { systemClock } from '../../../runtime/time/system-clock.ts'
import type { Listener } from '../../../runtime/transport/transport.ts'
import { recordingLogger } from '../../support/silent.ts'

/** A pool whose transport takes its time to listen. */
function slowPool() {
  const listening = Promise.withResolvers<void>()
  const launched: string[] = []
  let open = 0
  const pool = new WorkerPool({
    transport: {
      async listen(): Promise<Listener> {
        await listening.promise
        open++
        return {
          address: 'slow:1',
          async close() {
            open--
          },
        }
      },
      connect: () => Promise.reject(new Error('nobody connects')),
    },
    launcher: {
      heartbeats: true,
      async launch(worker) {
        launched.push(worker)
        return { pid: 1, kill() {}, exited: new Promise(() => {}) }
      },
    },
    token: 'token',
    clock: systemClock,
    logger: recordingLogger(),
  })
  return { pool, listening, launched, open: () => open }
}

it('that is closed before it listens launches nothing and leaves nothing open', async () => {
  const { pool, listening, launched, open } = slowPool()
  const ready = pool.ready(2)
  const closed = pool.close()
  listening.resolve()
  await expect(ready).rejects.toMatchObject({ code: 'WORKER_START_FAILED' })
  await closed
  expect([launched, open()]).toEqual([[], 0])
})

it('that is asked twice before it listens listens once', async () => {
  const { pool, listening, launched, open } = slowPool()
  const both = [pool.ready(1), pool.ready(1)]
  for (const ready of both) ready.catch(() => {})
  listening.resolve()
  while (launched.length === 0) await new Promise((resolve) => setImmediate(resolve))
  expect([launched, open()]).toEqual([['w1'], 1])
  await Promise.race([pool.close(), Promise.allSettled(both)])
})
