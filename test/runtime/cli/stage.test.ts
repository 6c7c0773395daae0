/** `runtime stage`: where it listens, how it ends, what it refuses. */
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { afterAll, expect, it } from 'vitest'
import { runCli } from '../../../runtime/cli/run-cli.ts'
import { StageKind } from '../../../runtime/stage-server/stage-frames.ts'
import { systemClock } from '../../../runtime/time/system-clock.ts'
import { SocketTransport } from '../../../runtime/transport/socket-transport.ts'
import { StageClient } from '../stage-server/support/stage-client.ts'
import { cli } from './cli-harness.ts'

const directory = mkdtempSync(join(tmpdir(), 'sluice-cli-stage-'))
afterAll(() => rmSync(directory, { recursive: true }))
const job = join(import.meta.dirname, '../stage-server/support/shop-job.ts')
const stage = ['--stage', 'deduplicate(id)', '--data-dir', directory]

/** The command, running: what it said once it listened, and ways to end it. */
async function running(...options: readonly string[]) {
  const stdin = new PassThrough()
  const controller = new AbortController()
  const ready = Promise.withResolvers<{ address: string; token: string; stage: string; version: number }>()
  const code = runCli(['stage', job, ...stage, ...options], {
    stdin,
    stdout: { write: (text) => ready.resolve(JSON.parse(text)) },
    stderr: { write: (text) => text },
    env: {},
    cwd: directory,
    clock: systemClock,
    signal: controller.signal,
  })
  return { stdin, controller, code, ready: await Promise.race([ready.promise, code.then(() => expect.unreachable())]) }
}

async function greet({ address, token }: { address: string; token: string }): Promise<StageClient> {
  const client = await StageClient.connect(new SocketTransport({ listenAt: 'unix:/' }), address)
  client.say(0, { protocol: 'sluice-stage', version: 1, token })
  const { files } = await client.message(StageKind.welcome)
  expect(files[job]).toMatch(/^[0-9a-f]{64}$/)
  return client
}

it('listens in a private directory, and ends with its standard input', async () => {
  const { stdin, code, ready } = await running('--attached')
  expect(ready).toMatchObject({ stage: 'deduplicate(id)', version: 1 })
  const path = ready.address.replace('unix:', '')
  expect(existsSync(path)).toBe(true)
  const client = await greet(ready)
  stdin.end()
  expect(await code).toBe(0)
  expect(await client.closed).toBeUndefined()
  expect(existsSync(join(path, '..'))).toBe(false)
})

it('listens on loopback, and ends when it is interrupted', async () => {
  const { controller, code, ready } = await running('--listen', 'tcp:127.0.0.1:0')
  expect(ready.address).toMatch(/^tcp:127\.0\.0\.1:\d+$/)
  await greet(ready)
  controller.abort('SIGTERM')
  expect(await code).toBe(143)
})

it.each([
  ['no stage', [], 2, '--stage is missing; job shop has source(orders), deduplicate(id)'],
  ['a stage that there is not', ['--stage', 'deduplicate(ib)'], 1, 'did you mean deduplicate(id)?'],
  ['an address beyond this machine', [...stage, '--listen', 'tcp:0.0.0.0:0'], 1, 'which is beyond this machine'],
  ['an address that is none', [...stage, '--listen', '127.0.0.1:80'], 1, '127.0.0.1:80 is no address'],
  ['more subtasks than key groups', [...stage, '--parallelism', '200', '--key-groups', '128'], 2, "can't be 200"],
])('refuses %s', async (_, options, code, message) => {
  expect(await cli(['stage', job, ...options], { cwd: directory })).toMatchObject({
    code,
    stdout: '',
    stderr: expect.stringContaining(message),
  })
})
