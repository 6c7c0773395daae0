/** Asks a process of its own what a job module describes, so that a module that hangs or crashes harms nobody else. */
import { spawn } from 'node:child_process'
import { text } from 'node:stream/consumers'
import type * as z from 'zod'
import type { Clock } from '../../../topology/contract/clock.ts'
import { SluiceError } from '../../../topology/errors.ts'
import { Plan } from '../schemas.ts'
import { lastError } from './last-error.ts'
import type { Program } from './program.ts'

const LOAD_TIMEOUT_MS = 60_000

export interface DescribeOptions {
  readonly program: Program
  /** `runtime info FILE --format json`, without what goes before. */
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string | undefined>>
  readonly clock: Clock
}

/** @throws {SluiceError} what loading and compiling it throws; `JOB_INVALID` when it does not end */
export async function describeJob(options: DescribeOptions): Promise<z.output<typeof Plan>> {
  const { program, args, env, clock } = options
  const child = spawn(program.executable, [...program.args, ...args], {
    cwd: program.cwd,
    env: env as NodeJS.ProcessEnv,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  using _timer = clock.schedule(LOAD_TIMEOUT_MS, () => child.kill('SIGKILL'))
  const ended = new Promise<void>((resolve, reject) => child.on('error', reject).on('close', resolve))
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr), ended])
  if (child.exitCode === 0) return Plan.parse(JSON.parse(stdout))
  throw (
    lastError(stderr.split('\n')) ??
    new SluiceError('JOB_INVALID', `the job module can't be loaded: ${reasonOf(child.exitCode, stderr)}`, {
      fix: `Run \`runtime ${args.slice(0, 2).join(' ')}\` to see why.`,
      details: { exitCode: child.exitCode },
    })
  )
}

function reasonOf(exitCode: number | null, stderr: string): string {
  if (exitCode === null) return `it has not ended after ${LOAD_TIMEOUT_MS / 1000} s, or was killed`
  return stderr.trim().split('\n').at(-1) || `exit code ${exitCode}`
}
