/** "Testing a job": the test that README shows passes under Node's own runner, and draws what README draws. */
import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { asModule, documentNames } from './docstring-examples.ts'
import { fencesOf, root } from './fences.ts'

const fences = fencesOf('README.md')
const folder = mkdtempSync(join(tmpdir(), 'sluice-testing-'))
mkdirSync(join(folder, 'node_modules'))
writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
symlinkSync(join(root, 'node_modules/zod'), join(folder, 'node_modules/zod'))
afterAll(() => rmSync(folder, { recursive: true }))

it('passes under node --test', async () => {
  write('job.ts', fence("topology('orders'"))
  write('job.test.ts', fence('testTopology(job'))
  const { code, output } = await node('--test', 'job.test.ts')
  expect(output).toContain('pass 1')
  expect(code).toBe(0)
})

it('draws the windows that are shown', async () => {
  write('draw.ts', asModule(fence('drawTimeline('), namesThatRun))
  const { output } = await node('draw.ts')
  const shown = fences.find(({ language, code }) => language === 'text' && code.includes('clicks   a--b'))!
  expect(output).toBe(shown.code)
})

/** Without what is declared for the compiler only. */
const namesThatRun = new Map([...documentNames()].filter(([, { from }]) => !from.includes('/test/docs/')))

function fence(text: string): string {
  return fences.find(({ language, code }) => language === 'ts' && code.includes(text))!.code
}

function write(file: string, code: string): void {
  writeFileSync(join(folder, file), code.replaceAll(/from '(\.\.\/)+/g, `from '${root}/`))
}

function node(...argv: readonly string[]): Promise<{ readonly code: number; readonly output: string }> {
  // A runner that runs inside another reports to that one.
  const { NODE_TEST_CONTEXT: _, ...env } = process.env
  return new Promise((resolve) => {
    execFile(process.execPath, [...argv], { cwd: folder, env }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code), output: stdout + stderr })
    })
  })
}
