/** A session as people use it: `runtime` in processes of its own, from start to shutdown. */
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { findCommand } from '../../../runtime/cli/commands.ts'
import { runProgram } from '../../../runtime/cli/run-cli.ts'
import { readAnnouncement } from '../../../runtime/control/announcement.ts'
import { isAlive } from '../../../runtime/control/process-alive.ts'
import { listen } from '../../../runtime/http/listen.ts'
import { systemClock } from '../../../runtime/time/system-clock.ts'
import { runProcess, startProcess, until } from '../../support/run-process.ts'

let root: string

beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), 'sluice-session-cli-')))
  mkdirSync(join(root, 'jobs'))
})

afterEach(async () => {
  // What a test that failed has left running.
  await runtime('shutdown')
  rmSync(root, { recursive: true })
})

const environment = () => ({
  SLUICE_DATA_DIR: join(root, 'data'),
  JOBS_DIR: join(root, 'jobs'),
  SLUICE_FAULT: undefined,
})

function runtime(...argv: readonly string[]) {
  return runProcess('runtime/cli/main.ts', argv, { env: environment() })
}

async function json(...argv: readonly string[]) {
  const { code, stdout, stderr } = await runtime(...argv, '--format', 'json')
  expect([code, stderr]).toEqual([0, expect.anything()])
  return JSON.parse(stdout)
}

/** `runtime submit FILE --detached`, in this process. */
async function submitDetached(file: string, ...options: readonly string[]) {
  const told = { stdout: '', stderr: '' }
  const command = { ...findCommand('submit'), load: () => import('../../../runtime/cli/submit-detached.ts') }
  const code = await runProgram(command, [file, ...options, '--format', 'json'], {
    stdin: process.stdin,
    stdout: { write: (text) => (told.stdout += text) },
    stderr: { write: (text) => (told.stderr += text) },
    env: { SLUICE_DATA_DIR: join(root, 'data') },
    cwd: root,
    clock: systemClock,
    signal: new AbortController().signal,
  })
  return { code, ...told }
}

function writeJob(name: string): string {
  const modules = new URL('../../../', import.meta.url).href
  const file = join(root, 'jobs', `${name}.ts`)
  writeFileSync(
    file,
    `import { z } from '${import.meta.resolve('zod')}'
    import { table, to, topic, topology } from '${modules}topology/index.ts'
    const Order = z.object({ id: z.string() })
    export default topology('${name}', ({ from }) => {
      from(topic('orders', Order)).pipe(to(table('lake.orders', Order)))
    })`,
  )
  return file
}

it('runs jobs that outlive the terminal, and stops them when it is shut down', async () => {
  const { pid, url, log } = await json('start')
  expect(isAlive(pid)).toBe(true)
  expect((await runtime('start')).stderr).toContain(`a session runs already: process ${pid}, ${url}`)

  const submitted = await submitDetached('jobs/nowhere.ts')
  expect([submitted.code, JSON.parse(submitted.stderr).error.code]).toEqual([1, 'JOB_NOT_FOUND'])
  writeFileSync(join(root, 'outside.ts'), '')
  expect((await submitDetached('outside.ts')).code).toBe(6)
  const many = await submitDetached(writeJob('copy'), '--parallelism', '129')
  expect([many.code, JSON.parse(many.stderr).error.code]).toEqual([2, 'PARALLELISM'])
  const copy = await submitDetached(writeJob('copy'), '--parallelism', '2', '--checkpoint-interval', '1s')
  expect([copy.stderr, copy.code]).toEqual(['', 0])
  expect(JSON.parse(copy.stdout)).toMatchObject({
    id: 'copy',
    parallelism: 2,
    state: expect.stringMatching(/INITIALIZING|RUNNING/),
  })
  expect((await submitDetached(writeJob('copy'))).stderr).toContain('JOB_RUNNING')
  await expect
    .poll(async () => (await runtime('logs', 'copy')).stdout, { timeout: 60_000, interval: 200 })
    .toContain('job copy starts')
  expect(await json('list')).toMatchObject([{ id: 'copy', restarts: 0, endedAtMs: null }])

  expect(await json('shutdown')).toEqual({ pid, stopped: ['copy'] })
  expect([isAlive(pid), readAnnouncement(join(root, 'data', 'run'), null)]).toEqual([false, undefined])
  expect(readFileSync(log, 'utf8')).toContain('job copy is FINISHED')
  const { retained } = await json('checkpoints', 'copy')
  expect(retained[0]).toMatchObject({ kind: 'savepoint' })
})

it('ends with SIGTERM when it stays in the foreground, its jobs with a savepoint', async () => {
  const session = startProcess('runtime/cli/main.ts', ['start', '--foreground'], { env: environment() })
  await until('the session is there', () => session.stderr().includes('session-started'))
  expect((await runtime('start', '--foreground')).stderr).toContain(
    'a session is already running on this data directory',
  )
  expect((await submitDetached(writeJob('copy'))).code).toBe(0)
  await until('the job runs', async () => (await runtime('logs', 'copy')).stdout.includes('job copy starts'))
  session.kill('SIGTERM')
  expect(await session.ended).toMatchObject({ code: 143, stderr: expect.stringContaining('job copy is FINISHED') })
  expect((await json('checkpoints', 'copy')).retained).toMatchObject([{ kind: 'savepoint' }])
})

it('says why it did not start', async () => {
  const other = createServer()
  const { port } = new URL(await listen(other, '127.0.0.1', 0))
  const { code, stderr } = await runtime('start', '--rest-port', port)
  other.close()
  expect([code, stderr]).toEqual([
    1,
    expect.stringMatching(/^error: REST can't be served on 127\.0\.0\.1:\d+: .*EADDRINUSE/),
  ])
})
