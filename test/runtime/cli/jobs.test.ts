import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { findCommand } from '../../../runtime/cli/commands.ts'
import { runProgram } from '../../../runtime/cli/run-cli.ts'
import { announce } from '../../../runtime/control/announcement.ts'
import { openControl } from '../../../runtime/control/open-control.ts'
import type { ControlServer } from '../../../runtime/control/rest/serve-control.ts'
import { runFiles } from '../../../runtime/control/run-directory.ts'
import { systemClock } from '../../../runtime/time/system-clock.ts'
import { SluiceError } from '../../../topology/errors.ts'
import { recordingLogger } from '../../support/silent.ts'
import { checkpoint, FakeControl } from '../control/support/fake-control.ts'
import { type CliOptions, cli } from './cli-harness.ts'

let cwd: string
let run: string
let servers: ControlServer[]
let orders: FakeControl

beforeEach(async () => {
  cwd = mkdtempSync(join(tmpdir(), 'sluice-jobs-'))
  run = join(cwd, 'data', 'run')
  servers = []
  orders = new FakeControl(['orders'])
  await coordinator('orders', orders)
})

afterEach(async () => {
  await Promise.all(servers.map((server) => server.close()))
  rmSync(cwd, { recursive: true })
})

async function coordinator(job: string | null, control: FakeControl): Promise<void> {
  const server = await openControl({
    control,
    config: { runDirectory: run, rest: { host: '127.0.0.1', port: 0, auth: 'token' } },
    job,
    metricsText: async () => '',
    clock: systemClock,
    logger: recordingLogger(),
  })
  servers.push(server)
}

const runtime = (argv: readonly string[], options: Partial<CliOptions> = {}) => cli(argv, { cwd, ...options })

async function json(...argv: readonly string[]) {
  const { code, stdout } = await runtime([...argv, '--format', 'json'])
  expect(code).toBe(0)
  return JSON.parse(stdout)
}

/** A command that is watched while it runs, and interrupted by its controller. */
function watched(name: string, argv: readonly string[]) {
  const controller = new AbortController()
  const told: string[] = []
  const output = { write: (text: string) => told.push(text) }
  const ended = runProgram(findCommand(name), argv, {
    stdin: process.stdin,
    stdout: output,
    stderr: output,
    env: {},
    cwd,
    // What happens every second happens soon.
    clock: { ...systemClock, schedule: (ms, callback) => systemClock.schedule(ms === 1_000 ? 10 : ms, callback) },
    signal: controller.signal,
  })
  return { told, ended, controller }
}

describe('runtime list', () => {
  it('shows the jobs of every coordinator', async () => {
    await coordinator('returns', new FakeControl(['returns']))
    const { code, stdout } = await runtime(['list'])
    expect(code).toBe(0)
    expect(stdout).toMatch(/^job +state +parallelism +workers +restarts +started +for$/m)
    expect(stdout).toMatch(/^orders +RUNNING +2 +2 +1 +2026-01-31T12:00:00.000Z +1 min$/m)
    expect((await json('list')).map(({ id }: { id: string }) => id).sort()).toEqual(['orders', 'returns'])
  })

  it("has the session's word for the session's jobs", async () => {
    const session = new FakeControl(['orders', 'ended'])
    session.details.set('ended', { ...session.details.get('ended')!, state: 'FINISHED', restarts: 7 })
    session.details.set('orders', { ...session.details.get('orders')!, restarts: 7 })
    await coordinator(null, session)
    const listed = (await json('list')).map(({ id, state, restarts }: any) => [id, state, restarts])
    expect(listed.sort()).toEqual([
      ['ended', 'FINISHED', 7],
      ['orders', 'RUNNING', 7],
    ])
    await json('cancel', 'orders')
    expect([session.calls, orders.calls]).toEqual([['cancel orders'], []])
  })

  it('is empty when nothing runs', async () => {
    expect(await runtime(['list', '--data-dir', 'elsewhere'])).toEqual({
      code: 0,
      stdout: 'No job runs.\n',
      stderr: '',
    })
  })

  it('warns of a coordinator that does not answer', async () => {
    orders.overview = () => new Promise(() => {})
    const { code, stdout, stderr } = await runtime(['list'])
    expect([code, stdout]).toEqual([0, 'No job runs.\n'])
    expect(stderr).toContain(`warning: the coordinator of job orders (process ${process.pid},`)
    expect((await runtime(['stop', 'orders'])).code).toBe(5)
  })
})

describe('runtime info JOB', () => {
  it('tells what the job does', async () => {
    const { code, stdout } = await runtime(['info', 'orders'])
    expect(code).toBe(0)
    for (const text of [
      /^job orders RUNNING, 1 min$/m,
      /^runs +parallelism 2, 2 workers, 1 restart, epoch 4$/m,
      /^checkpoint +12, complete in 250 ms, 1\.2 MB: file:\/\/\/data\//m,
      /^source\(orders\) +RUNNING +2 +1,000 +990 +25 % +60 % +15 % +2026-01-31T11:59:00\.000Z$/m,
      /^worker-1 +101 +RUNNING +2$/m,
      /OPERATOR_FAILED: map "price" threw RangeError: no price/,
      /at source\(orders\)#1, worker-2, orders\/3@9007199254740993/,
    ])
      expect(stdout).toMatch(text)
    expect(await json('info', 'orders')).toEqual(await orders.job('orders'))
  })

  it('tells little of a job that has nothing to show yet', async () => {
    const bare = {
      workerProcesses: [],
      vertices: [],
      lastCheckpoint: null,
      rootException: null,
      state: 'INITIALIZING',
    } as const
    orders.details.set('orders', { ...orders.details.get('orders')!, ...bare })
    expect((await runtime(['info', 'orders'])).stdout).toMatch(/^job orders INITIALIZING[\s\S]*checkpoint +none yet\n$/)
  })
})

describe('commands that change something', () => {
  it('stop with a savepoint', async () => {
    const { code, stdout } = await runtime(['stop', 'orders', '--savepoint', '--drain'])
    expect([code, stdout]).toEqual([
      0,
      'job orders FINISHED at checkpoint 12 (savepoint), complete in 250 ms, 1.2 MB: ' +
        'file:///data/checkpoints/orders/manifests/4-12.manifest\n',
    ])
    expect(await json('stop', 'orders')).toEqual(checkpoint('savepoint', 'COMPLETED'))
    expect(orders.calls).toEqual(['stop orders {"drain":true}', 'stop orders {"drain":false}'])
  })

  it('cancel', async () => {
    expect((await runtime(['cancel', 'orders'])).stdout).toContain('job orders CANCELED')
    expect(await json('cancel', 'orders')).toEqual({ id: 'orders', state: 'CANCELED' })
  })

  it('savepoint and checkpoint', async () => {
    expect((await runtime(['savepoint', 'orders'])).stdout).toMatch(/^checkpoint 12 \(savepoint\), complete in /)
    expect((await runtime(['checkpoint', 'orders'])).stdout).toMatch(/^checkpoint 12, complete in /)
    expect(await json('savepoint', 'orders')).toEqual(checkpoint('savepoint', 'COMPLETED'))
    expect(orders.calls).toEqual(['savepoint orders {}', 'checkpoint orders {}', 'savepoint orders {}'])
  })

  it('rescale', async () => {
    const { stdout } = await runtime(['rescale', 'orders', '--parallelism', '3', '--workers', '0'])
    expect(stdout).toBe('job orders RUNNING at parallelism 3, workers: 2\n')
    expect((await json('rescale', 'orders', '--parallelism', '4')).parallelism).toBe(4)
    expect(orders.calls).toEqual(['rescale orders {"parallelism":3,"workers":0}', 'rescale orders {"parallelism":4}'])
  })

  it('say what failed, with the code of the coordinator', async () => {
    orders.savepoint = () => Promise.reject(new SluiceError('CHECKPOINT_TIMEOUT', 'savepoint 13 took too long'))
    const { code, stderr } = await runtime(['savepoint', 'orders', '--format', 'json'])
    expect([code, JSON.parse(stderr).error]).toMatchObject([1, { code: 'CHECKPOINT_TIMEOUT' }])
    const refused = await runtime(['rescale', 'orders', '--parallelism', '129'])
    expect([refused.code, refused.stderr]).toEqual([
      2,
      'error: parallelism 129 is above 128 key groups\n  Choose 128 at most.\n',
    ])
  })

  it('show how far a savepoint is that takes long, and end with Ctrl-C', async () => {
    orders.gate = new Promise(() => {})
    orders.statistics = { ...orders.statistics, history: [checkpoint('savepoint', 'IN_PROGRESS')] }
    const { told, ended, controller } = watched('savepoint', ['orders'])
    await expect.poll(() => told[0]).toMatch(/^savepoint 12: 1 of 2 subtasks have acknowledged, \d+ ms\n$/)
    controller.abort('SIGINT')
    expect(await ended).toBe(130)
  })
})

describe('runtime checkpoints', () => {
  it('shows counts and history', async () => {
    const { code, stdout } = await runtime(['checkpoints', 'orders'])
    expect(code).toBe(0)
    expect(stdout).toContain('3 since the coordinator started: 2 completed, 1 failed, 0 in progress')
    expect(stdout).toContain('restored 1 times, the last from savepoint 7')
    expect(stdout).toMatch(
      /^12 +checkpoint +COMPLETED +2026-01-31T12:00:10\.000Z +250 ms +1\.2 MB +12 ms +3 ms +1\/2$/m,
    )
    expect(stdout).toContain('The store holds none yet.')
    expect(await json('checkpoints', 'orders')).toEqual({ statistics: orders.statistics, retained: [] })
  })

  it('shows what the store holds of a job that does not run', async () => {
    writeFileSync(join(cwd, 'orders.jsonl'), '{"id":"1"}\n')
    await runtime(['publish', 'orders', 'orders.jsonl', '--raw'])
    mkdirSync(join(cwd, 'jobs'))
    writeFileSync(join(cwd, 'jobs', 'copy.ts'), copyJob())
    expect(await runtime(['submit', 'jobs/copy.ts', '--until', 'latest', '--log-level', 'silent'])).toMatchObject({
      code: 0,
    })
    const { statistics, retained } = await json('checkpoints', 'copy')
    expect([statistics, retained]).toEqual([
      null,
      [
        {
          id: '1',
          epoch: '1',
          kind: 'checkpoint',
          completedAtMs: expect.any(Number),
          location: expect.stringMatching(/^file:.*\.manifest$/),
        },
      ],
    ])
    const { stdout } = await runtime(['checkpoints', 'copy'])
    expect(stdout).toMatch(/^in the store\n/)
    expect(stdout).toContain(retained[0].location)
  })
})

/** A job of this checkout, wherever its file lies. */
function copyJob(): string {
  const root = new URL('../../../', import.meta.url).href
  return `
    import { z } from '${import.meta.resolve('zod')}'
    import { table, to, topic, topology } from '${root}topology/index.ts'
    const Order = z.object({ id: z.string() })
    export default topology('copy', ({ from }) => {
      from(topic('orders', Order)).pipe(to(table('lake.orders', Order)))
    })`
}

describe('runtime exceptions', () => {
  it('shows the last with its stack, and those before', async () => {
    const { stdout } = await runtime(['exceptions', 'orders'])
    expect(stdout).toContain('OPERATOR_FAILED: map "price" threw RangeError: no price')
    expect(stdout).toContain('      at price (jobs/orders/job.ts:12:9)')
    expect(await json('exceptions', 'orders')).toEqual(await orders.exceptions('orders'))
  })

  it('says when there was none', async () => {
    orders.exceptions = async () => ({ root: null, history: [], truncated: false })
    expect((await runtime(['exceptions', 'orders'])).stdout).toBe('job orders has not failed\n')
  })
})

describe('runtime logs', () => {
  it('prints lines as they are', async () => {
    expect((await runtime(['logs', 'orders'])).stdout).toBe('first\nsecond\nthird\n')
    expect((await runtime(['logs', 'orders', '--tail', '1'])).stdout).toBe('third\n')
  })

  it('follows until Ctrl-C', async () => {
    const { told, ended, controller } = watched('logs', ['orders', '--follow', '--tail', '1'])
    await expect.poll(() => told.join('')).toBe('third\n')
    controller.abort('SIGINT')
    expect(await ended).toBe(130)
  })

  it('reads the file of a job that has ended with its session', async () => {
    writeFileSync(runFiles(run).jobLog('ended'), 'a\nb\n')
    expect((await runtime(['logs', 'ended', '--tail', '1'])).stdout).toBe('b\n')
    expect((await runtime(['logs', '../session'])).code).toBe(4)
  })
})

describe('exit codes', () => {
  const commands: readonly [string, ...string[]][] = [
    ['info'],
    ['stop'],
    ['cancel'],
    ['savepoint'],
    ['checkpoint'],
    ['checkpoints'],
    ['rescale', '--parallelism', '2'],
    ['exceptions'],
    ['logs'],
  ]

  it.each(commands)('4 for an unknown job, with the nearest: %s', async (command, ...options) => {
    const { code, stdout, stderr } = await runtime([command, 'order', ...options])
    expect([code, stdout]).toEqual([4, ''])
    expect(stderr).toContain('error: there is no job order; did you mean orders?')
  })

  it.each(commands)('5 when nothing runs: %s', async (command, ...options) => {
    const { code, stderr } = await runtime([command, 'orders', ...options, '--data-dir', 'elsewhere'])
    expect([code, stderr]).toEqual([5, expect.stringContaining(`error: no job runs on ${join(cwd, 'elsewhere')}`)])
  })

  it.each(commands)('6 for a wrong token: %s', async (command, ...options) => {
    writeFileSync(runFiles(run).token, 'w'.repeat(43))
    const { code, stderr } = await runtime([command, 'orders', ...options])
    expect([code, stderr]).toEqual([6, expect.stringContaining('error: the token is not the one of this coordinator')])
    expect(orders.calls).toEqual([])
  })

  it('5 when its coordinator was killed, whose traces are removed', async () => {
    await servers[0]!.close()
    announce(run, { job: 'orders', pid: process.pid, url: servers[0]!.url, startedAtMs: 1 })
    expect((await runtime(['stop', 'orders'])).code).toBe(5)
    expect((await runtime(['list'])).stdout).toBe('No job runs.\n')
  })

  it('5 without a session', async () => {
    const { code, stderr } = await runtime(['shutdown'])
    expect([code, stderr]).toEqual([5, expect.stringContaining('Start one with `runtime start`')])
  })
})
