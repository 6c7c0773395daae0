/**
 * The stage protocol from its page alone: python/ holds a host that imports nothing of ours, in a language of its own. It
 * starts the stages as processes, kills them behind a checkpoint, restores them at another parallelism, and compares every
 * row with what a batch program makes of the same orders.
 */
import { execFile } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, expect, it } from 'vitest'
import { ROOT } from '../../support/run-process.ts'
import { FIXED_SEED, FRESH_SEED } from '../../support/scale.ts'

const python = join(import.meta.dirname, 'python')
const job = join(import.meta.dirname, 'support/shop-job.ts')
const directory = mkdtempSync(join(tmpdir(), 'sluice-python-'))
afterAll(() => rmSync(directory, { recursive: true }))

it.each([
  [FIXED_SEED, 'Unix sockets', []],
  [FRESH_SEED, 'TCP on loopback', ['--listen', 'tcp:127.0.0.1:0']],
])('takes two stages through a kill and a rescale (seed %i), over %s', async (seed, _, options) => {
  const command = [process.execPath, join(ROOT, 'runtime/cli/main.ts'), 'stage', job, '--data-dir', directory]
  const { stdout } = await promisify(execFile)(
    'python3',
    ['-B', join(python, 'host.py'), String(seed), ...command, ...options],
    { timeout: 120_000, killSignal: 'SIGKILL' },
  )
  const { totals, late, old, chunks } = JSON.parse(stdout)
  expect(totals).toBeGreaterThan(40)
  expect(late).toBeGreaterThan(100)
  expect(old).toBeGreaterThan(100)
  expect(chunks).toBeGreaterThan(3)
})

it('knows nothing but the page and the standard library', () => {
  const files = readdirSync(python).filter((name) => name.endsWith('.py'))
  const own = files.map((name) => name.slice(0, -'.py'.length))
  const imported = files.flatMap((name) =>
    [...readFileSync(join(python, name), 'utf8').matchAll(/^(?:import|from) (\w+)/gm)].map((match) => match[1]!),
  )
  const standard =
    'collections dataclasses hashlib json math os random select signal socket struct subprocess sys typing zlib'
  expect(new Set(imported.filter((name) => !own.includes(name)))).toEqual(new Set(standard.split(' ')))
})
