import { spawn } from 'node:child_process'
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { announce, readAnnouncement, readAnnouncements } from '../../../runtime/control/announcement.ts'
import { findCoordinator, findCoordinators } from '../../../runtime/control/find-coordinator.ts'
import { openControl } from '../../../runtime/control/open-control.ts'
import type { ControlServer } from '../../../runtime/control/rest/serve-control.ts'
import { runFiles } from '../../../runtime/control/run-directory.ts'
import { openToken, readToken } from '../../../runtime/control/token.ts'
import { systemClock } from '../../../runtime/time/system-clock.ts'
import { recordingLogger } from '../../support/silent.ts'
import { FakeControl } from './support/fake-control.ts'

let run: string
let servers: ControlServer[]

beforeEach(() => {
  run = join(mkdtempSync(join(tmpdir(), 'sluice-run-')), 'data', 'run')
  servers = []
})

afterEach(async () => {
  await Promise.all(servers.map((server) => server.close()))
  rmSync(join(run, '../..'), { recursive: true })
})

const options = () => ({ run, clock: systemClock })

async function coordinator(job: string | null, control = new FakeControl(), auth: 'token' | 'off' = 'token') {
  const server = await openControl({
    control,
    config: { runDirectory: run, rest: { host: '127.0.0.1', port: 0, auth } },
    job,
    metricsText: async () => '',
    clock: systemClock,
    logger: recordingLogger(),
  })
  servers.push(server)
  return server
}

/** The pid of a process that has ended. */
async function goneProcess(): Promise<number> {
  const child = spawn(process.execPath, ['--version'], { stdio: 'ignore' })
  await new Promise((resolve) => child.on('close', resolve))
  return child.pid!
}

const modeOf = (file: string) => statSync(file).mode & 0o777

describe('a coordinator', () => {
  it('is found by its job, and asked with the token', async () => {
    const { url } = await coordinator('orders')
    const found = await findCoordinator('orders', options())
    expect(found?.announcement).toEqual({ job: 'orders', pid: process.pid, url, startedAtMs: expect.any(Number) })
    expect((await found!.client.job('orders')).id).toBe('orders')
    expect(await findCoordinator('returns', options())).toBeUndefined()
    expect(await findCoordinator(null, options())).toBeUndefined()
  })

  it('is found without a token when it needs none', async () => {
    await coordinator('orders', new FakeControl(), 'off')
    expect(existsSync(runFiles(run).token)).toBe(false)
    expect((await (await findCoordinator('orders', options()))!.client.jobs()).length).toBe(2)
  })

  it('keeps its files from others', async () => {
    await coordinator('orders')
    const files = runFiles(run)
    expect([run, files.jobs].map(modeOf)).toEqual([0o700, 0o700])
    expect(modeOf(join(run, '..'))).toBe(0o777 & ~process.umask())
    expect([files.token, files.job('orders')].map(modeOf)).toEqual([0o600, 0o600])
  })

  it('is found no more once it has closed', async () => {
    const server = await coordinator('orders')
    await server.close()
    expect(existsSync(runFiles(run).job('orders'))).toBe(false)
    expect(existsSync(runFiles(run).token)).toBe(true)
  })

  it('is one among others', async () => {
    await Promise.all([coordinator('orders'), coordinator('session'), coordinator(null)])
    writeFileSync(runFiles(run).submission('orders'), '{}')
    writeFileSync(runFiles(run).job('damaged'), '{"job":')
    const found = await findCoordinators(options())
    expect(found.session?.announcement.job).toBe(null)
    expect(found.jobs.map(({ announcement }) => announcement.job)).toEqual(['orders', 'session'])
    expect(found.silent).toEqual([])
  })

  it('that refuses the token is there all the same', async () => {
    await coordinator('orders')
    const file = runFiles(run).token
    writeFileSync(file, 'w'.repeat(43))
    const found = await findCoordinator('orders', options())
    await expect(found!.client.jobs()).rejects.toMatchObject({ code: 'UNAUTHORIZED' })
    writeFileSync(file, 'nonsense')
    await expect(findCoordinator('orders', options())).rejects.toMatchObject({ code: 'TOKEN_INVALID' })
  })
})

describe('what a coordinator has left behind', () => {
  it('is removed when its process is gone', async () => {
    announce(run, { job: 'orders', pid: await goneProcess(), url: 'http://127.0.0.1:9', startedAtMs: 1 })
    expect(await findCoordinator('orders', options())).toBeUndefined()
    expect(readAnnouncement(run, 'orders')).toBeUndefined()
  })

  it('is removed when nothing, or another process, answers there', async () => {
    const closed = await coordinator('other')
    await closed.close()
    announce(run, { job: 'orders', pid: process.pid, url: closed.url, startedAtMs: 1 })
    const impostor = new FakeControl()
    impostor.overviewPid = process.pid + 1
    await coordinator('returns', impostor)
    expect(await findCoordinators(options())).toEqual({ session: undefined, jobs: [], silent: [] })
    expect(readAnnouncements(run)).toEqual([])
  })

  it('stays, and is said, when its process hangs', async () => {
    const control = new FakeControl()
    control.overview = () => new Promise(() => {})
    const { url } = await coordinator('orders', control)
    const impatient = { ...systemClock, schedule: (_: number, call: () => void) => systemClock.schedule(50, call) }
    const failure = { code: 'COORDINATOR_SILENT', details: { job: 'orders', pid: process.pid, url } }
    await expect(findCoordinator('orders', { run, clock: impatient })).rejects.toMatchObject(failure)
    expect((await findCoordinators({ run, clock: impatient })).silent).toMatchObject([failure])
    expect(readAnnouncement(run, 'orders')).toBeDefined()
  })

  it('is left alone by an earlier coordinator that ends late', async () => {
    const early = announce(run, { job: 'orders', pid: process.pid, url: 'http://127.0.0.1:1', startedAtMs: 1 })
    const late = { job: 'orders', pid: process.pid, url: 'http://127.0.0.1:2', startedAtMs: 2 }
    announce(run, late)
    early[Symbol.dispose]()
    expect(readAnnouncement(run, 'orders')).toEqual(late)
  })
})

describe('the token', () => {
  it('is made once: 32 random bytes, for its owner only', () => {
    const token = openToken(run)
    expect(Buffer.from(token, 'base64url')).toHaveLength(32)
    expect(openToken(run)).toBe(token)
    expect(readToken(run)).toBe(token)
    expect(modeOf(runFiles(run).token)).toBe(0o600)
    expect(readFileSync(runFiles(run).token, 'utf8')).toBe(token)
  })

  it('is not there before', () => expect(readToken(run)).toBeUndefined())

  it('is refused when its file holds something else', () => {
    openToken(run)
    chmodSync(runFiles(run).token, 0o600)
    for (const text of ['', 'short', `${'x'.repeat(43)}\r\nX-Evil: 1`]) {
      writeFileSync(runFiles(run).token, text)
      expect(() => readToken(run)).toThrow(expect.objectContaining({ code: 'TOKEN_INVALID' }))
    }
  })
})
