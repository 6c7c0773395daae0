/** This process as the CLI sees it. */
import { systemClock } from '../time/system-clock.ts'
import type { CliEnvironment } from './command-context.ts'
import { interruptedCode } from './exit-code.ts'

/** Listens for signals from now on: the first asks the command to end well, the second does not ask. */
export function processEnvironment(): CliEnvironment {
  const controller = new AbortController()
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    process.on(name, () => {
      if (controller.signal.aborted) process.exit(interruptedCode(controller.signal))
      controller.abort(name)
    })
  }
  // `runtime sql … | head` closes the pipe early: nothing is wrong, and nobody listens any more.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0)
    throw error
  })
  return {
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    env: process.env,
    cwd: process.cwd(),
    clock: systemClock,
    signal: controller.signal,
  }
}
