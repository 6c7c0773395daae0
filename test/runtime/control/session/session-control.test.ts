import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { readAnnouncement } from '../../../../runtime/control/announcement.ts'
import { findCoordinator } from '../../../../runtime/control/find-coordinator.ts'
import { isAlive } from '../../../../runtime/control/process-alive.ts'
import { runFiles } from '../../../../runtime/control/run-directory.ts'
import { SessionControl } from '../../../../runtime/control/session/session-control.ts'
import { systemClock } from '../../../../runtime/time/system-clock.ts'
import { ManualClock } from '../../../support/manual-clock.ts'
import { recordingLogger } from '../../../support/silent.ts'
import type { FakeJob } from '../support/fake-runtime.ts'

let root: string
let jobs: string
let run: string
let clock: ManualClock
let session: SessionControl
let checkpointId: bigint

beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), 'sluice-session-')))
  jobs = join(root, 'jobs')
  run = join(root, 'data', 'run')
  mkdirSync(jobs)
  clock = new ManualClock(Date.UTC(2026, 1, 1))
  checkpointId = 0n
  session = newSession()
})

afterEach(async () => {
  await session.shutdown()
  // What a test that failed has left running.
  for (const { pid } of runs()) if (isAlive(pid)) process.kill(pid, 'SIGKILL')
  rmSync(root, { recursive: true })
})

function newSession(): SessionControl {
  return new SessionControl({
    config: {
      dataDir: join(root, 'data'),
      runDirectory: run,
      jobsDirectory: jobs,
      rest: { host: '127.0.0.1', port: 4711, auth: 'token' },
    },
    program: {
      executable: process.execPath,
      args: [resolve(import.meta.dirname, '../support/fake-runtime.ts')],
      env: { ...process.env, CHECKPOINT_INTERVAL: '7s' },
      cwd: root,
    },
    lastCheckpointId: async () => checkpointId,
    clock,
    logger: recordingLogger(),
  })
}

function jobFile(name: string, job: Partial<FakeJob> = {}): string {
  writeFileSync(join(jobs, `${name}.ts`), JSON.stringify({ job: name, ...job }))
  return `${name}.ts`
}

interface Run {
  readonly pid: number
  readonly values: Readonly<Record<string, string | boolean>>
  readonly settings: Readonly<Record<string, string>>
}

function runs(): readonly Run[] {
  const file = join(jobs, 'runs.jsonl')
  if (!existsSync(file)) return []
  const lines = readFileSync(file, 'utf8').trim().split('\n')
  return lines.map((line) => JSON.parse(line))
}

const stateOf = async (id: string) => (await session.jobs()).find((job) => job.id === id)?.state

/** Submits, and waits until its coordinator answers. */
async function submitted(name: string, job?: Partial<FakeJob>) {
  await session.submit({ file: jobFile(name, job) })
  await expect.poll(() => stateOf(name), { timeout: 20_000 }).toBe('RUNNING')
}

const until = (probe: () => unknown) => expect.poll(probe, { timeout: 20_000 })

describe('submit', () => {
  it('starts the job in a process of its own', async () => {
    expect(await session.jobs()).toEqual([])
    const summary = await session.submit({ file: jobFile('orders'), parallelism: 4, workers: 2 })
    expect(summary).toMatchObject({ id: 'orders', state: 'INITIALIZING', parallelism: 4, workers: 2, restarts: 0 })
    await until(() => stateOf('orders')).toBe('RUNNING')
    const [{ pid, values, settings }] = runs() as [Run]
    expect(pid).not.toBe(process.pid)
    expect(values).toEqual({ format: true })
    expect(settings).toMatchObject({
      PARALLELISM: '4',
      WORKERS: '2',
      CHECKPOINT_INTERVAL: '7s',
      SLUICE_DATA_DIR: join(root, 'data'),
      REST_PORT: '0',
      METRICS_PORT: 'off',
    })
    expect(await session.overview()).toMatchObject({ mode: 'session', jobsRunning: 1, jobsFinished: 0, workers: 2 })
  })

  it('passes on how it is to begin and to end, and its settings', async () => {
    await session.submit({
      file: jobFile('orders'),
      fromSavepoint: 'file:///s.manifest',
      allowRewind: true,
      allowNonRestoredState: true,
      until: 'latest',
      drain: true,
      settings: { CHECKPOINT_INTERVAL: '1s' },
    })
    await until(() => stateOf('orders')).toBe('RUNNING')
    const [{ values, settings }] = runs() as [Run]
    expect(Object.keys(values).sort()).toEqual(
      ['allow-non-restored-state', 'allow-rewind', 'drain', 'format', 'from-savepoint', 'until'].sort(),
    )
    expect(settings['CHECKPOINT_INTERVAL']).toBe('1s')
  })

  it('says what is wrong with the job before anything starts', async () => {
    const invalid = { code: 'UID_COLLISION', message: 'two nodes have the uid "a"' }
    await expect(session.submit({ file: jobFile('bad', { invalid }) })).rejects.toMatchObject(invalid)
    await expect(session.submit({ file: jobFile('worse', { crash: 'Segmentation fault' }) })).rejects.toMatchObject({
      code: 'JOB_INVALID',
      message: expect.stringContaining('Segmentation fault'),
    })
    expect(await session.jobs()).toEqual([])
    expect(readdirSync(jobs)).not.toContain('runs.jsonl')
  })

  it('takes each job once', async () => {
    await submitted('orders')
    await expect(session.submit({ file: 'orders.ts' })).rejects.toMatchObject({ code: 'JOB_RUNNING' })
    await session.cancel('orders')
    expect((await session.submit({ file: 'orders.ts' })).state).toBe('INITIALIZING')
  })

  it.each([
    [{ SLUICE_DATA_DIR: '/elsewhere' }, 'SLUICE_DATA_DIR is the session'],
    [{ CHECKPOINT_INTERVALL: '1s' }, 'did you mean CHECKPOINT_INTERVAL?'],
    [{ NODE_OPTIONS: '--import=evil' }, 'there is no variable NODE_OPTIONS'],
  ])('refuses the settings %j', async (settings, message) => {
    await expect(session.submit({ file: jobFile('orders'), settings: settings as never })).rejects.toMatchObject({
      code: 'SETTING_REFUSED',
      message: expect.stringContaining(message),
    })
  })

  it('takes job files of its directory only, wherever links lead', async () => {
    writeFileSync(join(root, 'outside.ts'), '{"job":"outside"}')
    mkdirSync(join(root, 'jobs-of-others'))
    writeFileSync(join(root, 'jobs-of-others', 'a.ts'), '{"job":"a"}')
    symlinkSync(join(root, 'outside.ts'), join(jobs, 'link.ts'))
    symlinkSync(root, join(jobs, 'up'))
    for (const file of [
      '../outside.ts',
      '../nowhere.ts',
      '../jobs-of-others/a.ts',
      join(root, 'outside.ts'),
      '/etc/passwd',
      'sub/../../outside.ts',
      'link.ts',
      'up/outside.ts',
      'orders.ts\0',
      '.',
    ]) {
      await expect(session.submit({ file }), file).rejects.toMatchObject({ code: 'JOB_PATH_REFUSED' })
    }
    await expect(session.submit({ file: 'nowhere.ts' })).rejects.toMatchObject({ code: 'JOB_NOT_FOUND' })
    await expect(session.submit({ file: 'orders.ts/x' })).rejects.toMatchObject({ code: 'JOB_NOT_FOUND' })
    jobFile('orders')
    symlinkSync(join(jobs, 'orders.ts'), join(jobs, 'alias.ts'))
    expect((await session.submit({ file: join(jobs, 'alias.ts') })).id).toBe('orders')
  })
})

describe('a job of a session', () => {
  it('is asked through the session', async () => {
    await submitted('orders')
    expect(await session.job('orders')).toMatchObject({ id: 'orders', state: 'RUNNING', epoch: '4' })
    expect(await session.plan('orders')).toMatchObject({ job: 'orders', stages: [{ parallelism: 2 }] })
    expect((await session.checkpoints('orders')).completed).toBe(2)
    expect((await session.subtasks('orders', 'source(orders)')).length).toBe(2)
    expect((await session.savepoint('orders')).state).toBe('COMPLETED')
    expect((await session.metrics('orders')).length).toBe(3)
    expect((await session.exceptions('orders')).history.length).toBe(1)
    expect(await Array.fromAsync(await session.logs('orders'))).toEqual(['job orders begins'])
    await expect(session.job('ordrs')).rejects.toMatchObject({ code: 'JOB_UNKNOWN' })
  })

  it('is FINISHED once it is stopped, and known still', async () => {
    await submitted('orders')
    expect((await session.stop('orders', { drain: true })).kind).toBe('savepoint')
    expect(await session.job('orders')).toMatchObject({ state: 'FINISHED', endedAtMs: clock.nowMs() })
    expect(await session.plan('orders')).toMatchObject({ job: 'orders' })
    expect(await session.exceptions('orders')).toEqual({ root: null, history: [], truncated: false })
    expect(await Array.fromAsync(await session.logs('orders'))).toEqual(['job orders begins'])
    await expect(session.savepoint('orders')).rejects.toMatchObject({
      code: 'JOB_NOT_RUNNING',
      message: "a savepoint can't be taken: job orders is FINISHED",
    })
    await session.cancel('orders')
    expect(readdirSync(join(run, 'jobs'))).toEqual(['orders.log'])
  })

  it('is CANCELED on demand, also before it answers', async () => {
    await submitted('orders')
    await session.cancel('orders')
    expect(await stateOf('orders')).toBe('CANCELED')
    await session.submit({ file: jobFile('mute', { mute: true }) })
    await until(() => runs().length).toBe(2)
    expect((await session.job('mute')).state).toBe('INITIALIZING')
    await session.cancel('mute')
    expect(await stateOf('mute')).toBe('CANCELED')
    expect(isAlive(runs()[1]!.pid)).toBe(false)
  })

  it('is FAILED with the reason it gave, and not started again', async () => {
    const fails = { code: 'RESTORE_MISMATCH', message: 'the checkpoint has state of "x"' }
    await session.submit({ file: jobFile('orders', { fails }) })
    await until(() => stateOf('orders')).toBe('FAILED')
    expect((await session.job('orders')).rootException).toMatchObject(fails)
    expect((await session.exceptions('orders')).root).toMatchObject(fails)
    clock.advance(3_600_000)
    expect(runs().length).toBe(1)
    expect(await session.overview()).toMatchObject({ jobsRunning: 0, jobsFailed: 1 })
  })

  it('is started again when it was killed, later each time', async () => {
    await session.submit({ file: jobFile('orders'), fromSavepoint: 'file:///s.manifest', allowRewind: true })
    await until(() => stateOf('orders')).toBe('RUNNING')
    process.kill(runs()[0]!.pid, 'SIGKILL')
    await until(() => stateOf('orders')).toBe('SUSPENDED')
    await expect(session.savepoint('orders')).rejects.toMatchObject({ code: 'JOB_NOT_RUNNING' })
    clock.advance(999)
    expect(runs().length).toBe(1)
    clock.advance(1)
    await until(() => stateOf('orders')).toBe('RUNNING')
    // No checkpoint since: it begins where it began.
    expect(Object.keys(runs()[1]!.values)).toContain('from-savepoint')
    expect(await session.job('orders')).toMatchObject({ restarts: 2, startedAtMs: Date.UTC(2026, 1, 1) })
    expect((await session.exceptions('orders')).root).toMatchObject({ code: 'COORDINATOR_KILLED' })

    checkpointId = 5n
    process.kill(runs()[1]!.pid, 'SIGKILL')
    await until(() => stateOf('orders')).toBe('SUSPENDED')
    clock.advance(1_999)
    expect(runs().length).toBe(2)
    clock.advance(1)
    await until(() => stateOf('orders')).toBe('RUNNING')
    expect(Object.keys(runs()[2]!.values)).toEqual(['format'])
    expect(await Array.fromAsync(await session.logs('orders'))).toHaveLength(3)
  })

  it('may be cancelled while it waits to be started again', async () => {
    await submitted('orders')
    process.kill(runs()[0]!.pid, 'SIGKILL')
    await until(() => stateOf('orders')).toBe('SUSPENDED')
    await session.cancel('orders')
    clock.advance(3_600_000)
    expect([await stateOf('orders'), runs().length]).toEqual(['CANCELED', 1])
  })

  it('keeps another parallelism over a restart', async () => {
    await submitted('orders')
    await session.rescale('orders', { parallelism: 3 })
    process.kill(runs()[0]!.pid, 'SIGKILL')
    await until(() => stateOf('orders')).toBe('SUSPENDED')
    clock.advance(1_000)
    await until(() => runs().length).toBe(2)
    expect(runs()[1]!.settings['PARALLELISM']).toBe('3')
  })
})

describe('a session', () => {
  it('keeps jobs apart', async () => {
    await submitted('orders')
    await submitted('returns')
    expect((await session.jobs()).map(({ id }) => id)).toEqual(['returns', 'orders'])
    expect(await session.metricsText()).toBe(
      '# TYPE p_records counter\np_records{job="orders"} 1\np_records{job="returns"} 1\n',
    )
    process.kill(runs()[0]!.pid, 'SIGKILL')
    await until(async () => (await session.jobs()).map(({ state }) => state).sort()).toEqual(['RUNNING', 'SUSPENDED'])
  })

  it('stops its jobs when it is shut down, and takes no more', async () => {
    await Promise.all([submitted('orders'), submitted('returns')])
    const pids = runs().map(({ pid }) => pid)
    await session.shutdown()
    await session.closed
    expect(pids.map(isAlive)).toEqual([false, false])
    expect((await session.jobs()).map(({ state }) => state)).toEqual(['FINISHED', 'FINISHED'])
    await expect(session.submit({ file: jobFile('late') })).rejects.toMatchObject({ code: 'SESSION_CLOSING' })
    await session.shutdown()
  })

  it('goes on with the jobs of one that was killed', async () => {
    await submitted('orders')
    const [{ pid }] = runs() as [Run]
    // The first session is forgotten, as if it had been killed: its child runs on, its clock stands still.
    clock = new ManualClock(clock.nowMs())
    session = newSession()
    await session.recover()
    expect(await session.job('orders')).toMatchObject({ state: 'RUNNING' })
    process.kill(pid, 'SIGKILL')
    await until(() => isAlive(pid)).toBe(false)
    clock.advance(1_000)
    await until(() => stateOf('orders')).toBe('SUSPENDED')
    clock.advance(1_000)
    await until(() => stateOf('orders')).toBe('RUNNING')
    expect(runs().length).toBe(2)
    await session.stop('orders')
    expect(await stateOf('orders')).toBe('FINISHED')
  })

  it('tells those that ended meanwhile from those that were killed', async () => {
    await Promise.all([submitted('ended'), submitted('killed')])
    const pidOf = (id: string) => readAnnouncement(run, id)!.pid
    const [ended, killed] = [pidOf('ended'), pidOf('killed')]
    // The exits below are seen by the first session too, which must not act on them: its clock stands still, and what it
    // would remove is put back.
    const submissions = ['ended', 'killed'].map((id) => [runFiles(run).submission(id)] as const)
    const texts = submissions.map(([file]) => readFileSync(file))
    const { client } = (await findCoordinator('ended', { run, clock: systemClock }))!
    await client.stop('ended')
    process.kill(killed, 'SIGKILL')
    await until(() => [ended, killed].map(isAlive)).toEqual([false, false])
    for (const [index, [file]] of submissions.entries()) writeFileSync(file, texts[index]!)
    // Whoever looks for the coordinator leaves what the session has to see.
    expect(await findCoordinator('killed', { run, clock: systemClock })).toBeUndefined()
    clock = new ManualClock(clock.nowMs())
    session = newSession()
    await session.recover()
    expect([await stateOf('ended'), await stateOf('killed')]).toEqual(['FINISHED', 'SUSPENDED'])
    clock.advance(1_000)
    await until(() => stateOf('killed')).toBe('RUNNING')
  })
})
