/** Runs the CLI on this process. */
import { systemClock } from '../time/system-clock.ts'
import { interruptedCode } from './exit-code.ts'
import { runCli } from './run-cli.ts'

const controller = new AbortController()

for (const name of ['SIGINT', 'SIGTERM'] as const) {
  process.on(name, () => {
    // The first asks the command to end well, the second does not ask.
    if (controller.signal.aborted) process.exit(interruptedCode(controller.signal))
    controller.abort(name)
  })
}

// `runtime sql … | head` closes the pipe early: nothing is wrong, and nobody listens any more.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0)
  throw error
})

process.exitCode = await runCli(process.argv.slice(2), {
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  env: process.env,
  cwd: process.cwd(),
  clock: systemClock,
  signal: controller.signal,
})
