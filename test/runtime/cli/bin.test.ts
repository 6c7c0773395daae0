import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const BIN = fileURLToPath(new URL('../../../runtime/cli/bin.js', import.meta.url))

let cwd: string

beforeAll(() => {
  cwd = mkdtempSync(join(tmpdir(), 'sluice-bin-'))
})

afterAll(() => rmSync(cwd, { recursive: true }))

function run(argv: readonly string[], { interruptAt }: { readonly interruptAt?: RegExp } = {}) {
  const child = spawn(process.execPath, [BIN, ...argv], { cwd, stdio: ['pipe', 'pipe', 'pipe'] })
  let stdout = ''
  let stderr = ''
  child.stdout.setEncoding('utf8').on('data', (text) => {
    stdout += text
  })
  child.stderr.setEncoding('utf8').on('data', (text) => {
    stderr += text
    if (interruptAt?.test(stderr) === true) child.kill('SIGINT')
  })
  return {
    child,
    ended: new Promise<{ code: number | null; stdout: string; stderr: string }>((resolve) =>
      child.on('close', (code) => resolve({ code, stdout, stderr })),
    ),
  }
}

describe('the bin', () => {
  it('answers and ends with 0', async () => {
    expect(await run(['--version']).ended).toEqual({ code: 0, stdout: expect.stringMatching(/^\d/), stderr: '' })
  })

  it('ends with 2 on wrong usage', async () => {
    expect(await run(['nonsense']).ended).toMatchObject({ code: 2, stdout: '' })
  })

  it('ends with 130 on SIGINT, with what it has published so far', async () => {
    const { child, ended } = run(['publish', 't', '-', '--format', 'json'], { interruptAt: /"line":2/ })
    child.stdin.write('{"event_id":"1"}\nnonsense\n')
    const { code, stdout } = await ended
    expect(code).toBe(130)
    expect(JSON.parse(stdout)).toEqual({ topic: 't', published: 1, rejected: 1, interrupted: true })
  })

  it('is content when its reader has seen enough', async () => {
    const { child, ended } = run(['help', '--format', 'json'])
    child.stdout.destroy()
    expect((await ended).code).toBe(0)
  })
})
