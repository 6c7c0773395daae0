/** Starts a session in a process of its own, which lives on when the terminal is closed. */
import { spawn } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import type { Clock } from '../../topology/contract/clock.ts'
import { SluiceError } from '../../topology/errors.ts'
import { findCoordinator } from '../control/find-coordinator.ts'
import { followFile } from '../control/follow-file.ts'
import { makeRunDirectory, runFiles } from '../control/run-directory.ts'
import { lastError } from '../control/session/last-error.ts'
import type { CommandContext } from './command-context.ts'
import { ExitCode } from './exit-code.ts'
import { findOptions } from './open-job.ts'
import { programOf } from './program-of.ts'

const LOOK_INTERVAL_MS = 50
const START_TIMEOUT_MS = 60_000

/** Returns when it takes jobs. @throws {SluiceError} `SESSION_RUNNING`, `SESSION_START_FAILED`, or what it ended with */
export async function startDetached(context: CommandContext): Promise<number> {
  const options = await findOptions(context)
  const { clock } = context.environment
  const running = await findCoordinator(null, options)
  if (running !== undefined) throw runningAlready(running.announcement.pid, running.announcement.url)
  const log = runFiles(options.run).sessionLog
  const child = spawnSession(context, options.run, log)
  let ended = false
  child.on('exit', () => (ended = true)).on('error', () => (ended = true))
  const deadlineMs = clock.monotonicMs() + START_TIMEOUT_MS
  for (;;) {
    const session = await findCoordinator(null, options)
    if (session !== undefined && session.announcement.pid === child.pid) {
      child.unref()
      return started(context, { pid: child.pid, url: session.announcement.url, log })
    }
    if (ended || clock.monotonicMs() > deadlineMs) throw await startFailed(log, clock)
    await new Promise<void>((resolve) => clock.schedule(LOOK_INTERVAL_MS, resolve))
  }
}

function spawnSession(context: CommandContext, run: string, log: string) {
  const { executable, args, env, cwd } = programOf(context)
  makeRunDirectory(run)
  const output = openSync(log, 'w', 0o600)
  try {
    return spawn(executable, [...args, 'start', '--foreground', '--format', 'json'], {
      cwd,
      env: env as NodeJS.ProcessEnv,
      detached: true,
      stdio: ['ignore', output, output],
    })
  } finally {
    closeSync(output)
  }
}

function started(
  context: CommandContext,
  session: { readonly pid: number; readonly url: string; readonly log: string },
) {
  const { pid, url, log } = session
  if (context.format === 'json') context.printJson(session)
  else context.print(`session started: process ${pid}, REST at ${url}, log ${log}`)
  return ExitCode.ok
}

async function startFailed(log: string, clock: Clock): Promise<SluiceError> {
  const lines = await Array.fromAsync(followFile(log, clock, { tail: 20 }))
  return (
    lastError(lines) ??
    new SluiceError('SESSION_START_FAILED', `the session did not start: ${lines.at(-1) ?? 'it has said nothing'}`, {
      fix: `Read ${log}, or run \`runtime start --foreground\`.`,
      details: { log },
    })
  )
}

function runningAlready(pid: number, url: string): SluiceError {
  return new SluiceError('SESSION_RUNNING', `a session runs already: process ${pid}, ${url}`, {
    fix: 'Use that one, or end it with `runtime shutdown`.',
    details: { pid, url },
  })
}
