/** `runtime shutdown`: ends the session and its jobs. */
import { isAlive } from '../control/process-alive.ts'
import type { CommandContext } from './command-context.ts'
import { ExitCode } from './exit-code.ts'
import { openSession } from './open-job.ts'

const LOOK_INTERVAL_MS = 20
/** From its answer to its end a session has only to close its files. */
const END_TIMEOUT_MS = 10_000

export async function run(context: CommandContext): Promise<number> {
  const { client, announcement } = await openSession(context)
  const { clock, stderr } = context.environment
  const running = (await client.jobs()).filter(({ endedAtMs }) => endedAtMs === null).map(({ id }) => id)
  if (running.length > 0) stderr.write(`Stopping with a savepoint: ${running.join(', ')}\n`)
  await client.shutdown()
  const deadlineMs = clock.monotonicMs() + END_TIMEOUT_MS
  while (isAlive(announcement.pid) && clock.monotonicMs() < deadlineMs) {
    await new Promise<void>((resolve) => clock.schedule(LOOK_INTERVAL_MS, resolve))
  }
  if (context.format === 'json') context.printJson({ pid: announcement.pid, stopped: running })
  else context.print(`session ended; ${running.length} jobs stopped`)
  return ExitCode.ok
}
