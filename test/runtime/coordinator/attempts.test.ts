/** What one attempt of a job leaves to the next: workers that are lost in between, commits that are under way. */
import { expect, it } from 'vitest'
import { systemClock } from '../../../runtime/time/system-clock.ts'
import { until } from '../../support/run-process.ts'
import { toldJob } from './told-job.ts'

it('a worker that is lost while sinks are fenced is replaced before tasks are deployed', async () => {
  const { master, handles } = toldJob({
    async fence() {
      if (handles.length > 2) return
      await until('two workers', () => master.pool.running.length === 2)
      handles[0]!.kill()
      await until('one worker to be lost', () => master.pool.running.length === 1)
    },
  })
  await master.start()
  expect(handles.length).toBe(3)
  expect(master.restarts).toBe(0)
  await master.stop()
})

it('a commit under way when an attempt fails has ended before the next one fences, and keeps its epoch', async () => {
  const events: string[] = []
  const committing = Promise.withResolvers<void>()
  const goOn = Promise.withResolvers<void>()
  const { master, handles } = toldJob({
    async fence({ epoch }) {
      events.push(`fence ${epoch}`)
    },
    async commit(request) {
      if (events.length > 1) return
      events.push('commit begins')
      committing.resolve()
      await goOn.promise
      events.push(`commit of epoch ${request.epoch} ends`)
    },
  })
  await master.start()
  const taken = master.trigger('checkpoint')
  await committing.promise
  handles[0]!.kill()
  await until('the loss to be noticed', () => master.pool.running.length === 1)
  // Time enough for an attempt that would not wait.
  for (let turn = 0; turn < 100; turn++) await new Promise((resolve) => setImmediate(resolve))
  goOn.resolve()
  await taken
  await until('the next attempt', () => master.restarts === 1 && master.state === 'RUNNING')
  expect(events).toEqual(['fence 1', 'commit begins', 'commit of epoch 1 ends', 'fence 2'])
  await master.stop()
})

it('a savepoint whose commit fails fails the attempt: the next one commits what it owes', async () => {
  let commits = 0
  const { master, committed } = toldJob({
    async commit() {
      if (++commits === 1) throw new Error('the catalog is away')
    },
  })
  await master.start()
  await expect(master.trigger('savepoint')).rejects.toThrow('the catalog is away')
  await until('the next attempt', () => master.restarts === 1 && master.state === 'RUNNING')
  await master.stop()
  expect(committed()).toEqual([1, 2])
})

it('a job whose last savepoint is committed has stopped, though a worker is lost meanwhile', async () => {
  const committing = Promise.withResolvers<void>()
  const goOn = Promise.withResolvers<void>()
  const { master, handles } = toldJob({
    async commit() {
      committing.resolve()
      await goOn.promise
    },
  })
  await master.start()
  const stopped = master.stop()
  await committing.promise
  handles[0]!.kill()
  await until('the loss to be noticed', () => master.pool.running.length === 1)
  goOn.resolve()
  await stopped
  expect((await master.done).state).toBe('FINISHED')
  expect(master.restarts).toBe(0)
})

it('what a worker can not close keeps it neither from ending its tasks nor from running the next attempt', async () => {
  const { master, committed } = toldJob({
    async closeSink() {
      throw new Error('it does not close')
    },
  })
  await master.start()
  await master.rescale({ parallelism: 1 })
  await master.stop()
  expect((await master.done).state).toBe('FINISHED')
  expect(committed()).toEqual([1, 2])
})

it('a rescale whose first attempt fails is done once the next one runs', async () => {
  const { master } = toldJob({
    async openWriter({ epoch }) {
      if (epoch === 2n) throw new Error('no room')
      return {}
    },
  })
  await master.start()
  await master.rescale({ parallelism: 1, workers: 0 })
  expect([master.state, master.restarts, master.attempt?.options.epoch]).toEqual(['RUNNING', 1, 3n])
  await master.stop()
})

it('a rescale of a job that is canceled meanwhile is refused', async () => {
  const { master } = toldJob({
    async fence({ epoch }) {
      if (epoch === 2n) void master.cancel()
    },
  })
  await master.start()
  await expect(master.rescale({ parallelism: 1 })).rejects.toMatchObject({ code: 'JOB_NOT_RUNNING' })
  expect((await master.done).state).toBe('CANCELED')
})

it('a job that is canceled while its sinks are fenced does not wait for its workers', async () => {
  const { master } = toldJob({
    async fence() {
      void master.cancel()
    },
    launch: () => new Promise(() => {}),
  })
  await master.start()
  expect((await master.done).state).toBe('CANCELED')
})

it('a job that is canceled does not wait for ever for a commit that waits for somebody else', async () => {
  const committing = Promise.withResolvers<void>()
  const givenUp = Promise.withResolvers<never>()
  let closed = 0
  const { master } = toldJob({
    async commit() {
      committing.resolve()
      await givenUp.promise
    },
    async closeCommitter() {
      closed++
      givenUp.reject(new Error('the committer is closed'))
    },
    // Half a minute is over soon.
    options: { clock: { ...systemClock, schedule: (ms, run) => systemClock.schedule(ms === 30_000 ? 1 : ms, run) } },
  })
  await master.start()
  const taken = expect(master.trigger('checkpoint')).rejects.toThrow('the committer is closed')
  await committing.promise
  await master.cancel()
  await taken
  expect((await master.done).state).toBe('CANCELED')
  expect(closed).toBe(1)
})

it('a job that is canceled does not wait for a fence that waits for somebody else', async () => {
  const fencing = Promise.withResolvers<void>()
  const givenUp = Promise.withResolvers<never>()
  const { master } = toldJob({
    async fence() {
      fencing.resolve()
      await givenUp.promise
    },
    async closeCommitter() {
      givenUp.reject(new Error('the committer is closed'))
    },
  })
  const started = master.start().catch((error: unknown) => error)
  await fencing.promise
  await master.cancel()
  expect((await master.done).state).toBe('CANCELED')
  await started
})
