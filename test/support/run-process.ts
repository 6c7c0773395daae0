/** Starts programs of this repository as processes of their own, with the Node that runs the tests, and waits for them. */
import { spawn } from 'node:child_process'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'

export const ROOT = resolve(import.meta.dirname, '../..')

export interface ProcessResult {
  /** Null when a signal ended it. */
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
  readonly durationMs: number
}

export interface StartedProcess {
  readonly pid: number
  /** Resolves when it has ended, in whatever way. */
  readonly ended: Promise<ProcessResult>
  /** What it has written to standard error so far. */
  stderr(): string
  kill(signal: NodeJS.Signals): void
}

export interface ProcessOptions {
  /** Over the test's own environment. */
  readonly env?: Readonly<Record<string, string | undefined>>
  /** Modules to load first, relative to the repository. */
  readonly imports?: readonly string[]
  /** SIGKILL after this long, if it still runs then. */
  readonly killAfterMs?: number
}

/** @param file module, relative to the repository */
export function startProcess(file: string, args: readonly string[], options: ProcessOptions = {}): StartedProcess {
  const startedMs = performance.now()
  const preloads = (options.imports ?? []).flatMap((each) => ['--import', pathToFileURL(resolve(ROOT, each)).href])
  const child = spawn(process.execPath, [...preloads, resolve(ROOT, file), ...args], {
    cwd: ROOT,
    env: { ...process.env, ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let stdout = ''
  let stderr = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
  })
  const timer =
    options.killAfterMs === undefined ? undefined : setTimeout(() => child.kill('SIGKILL'), options.killAfterMs)
  const ended = new Promise<ProcessResult>((settle, reject) => {
    child.on('error', reject)
    child.on('close', (code, signal) => {
      clearTimeout(timer)
      settle({ code, signal, stdout, stderr, durationMs: performance.now() - startedMs })
    })
  })
  return { pid: child.pid!, ended, stderr: () => stderr, kill: (signal) => void child.kill(signal) }
}

export function runProcess(file: string, args: readonly string[], options?: ProcessOptions): Promise<ProcessResult> {
  return startProcess(file, args, options).ended
}

/** Resolves once `condition` holds. @throws after the deadline, saying what never came. */
export async function until(
  what: string,
  condition: () => boolean | Promise<boolean>,
  deadlineMs = 60_000,
): Promise<void> {
  const endMs = performance.now() + deadlineMs
  while (!(await condition())) {
    if (performance.now() > endMs) throw new Error(`${what}: not within ${deadlineMs} ms`)
    await new Promise((resume) => setTimeout(resume, 5))
  }
}
