/** `runtime logs JOB`: the last lines of a job's log, of one that has ended too when its session has kept it. */
import { existsSync } from 'node:fs'
import type { LogOptions } from '../../topology/contract/job-control.ts'
import { isSluiceError } from '../../topology/errors.ts'
import { followFile } from '../control/follow-file.ts'
import { runFiles } from '../control/run-directory.ts'
import type { CommandContext } from './command-context.ts'
import { ExitCode, interruptedCode } from './exit-code.ts'
import { openJob } from './open-job.ts'
import { wholeNumber } from './whole-number.ts'

export async function run(context: CommandContext): Promise<number> {
  const { signal } = context.environment
  const tail = wholeNumber(context, 'tail', 0)!
  for await (const line of await open(context, { tail, follow: context.has('follow'), signal })) context.print(line)
  return signal.aborted ? interruptedCode(signal) : ExitCode.ok
}

async function open(context: CommandContext, options: LogOptions): Promise<AsyncIterable<string>> {
  const id = context.positionals[0]!
  const { config } = await context.config()
  try {
    return await (await openJob(context, id)).logs(id, options)
  } catch (error) {
    const file = runFiles(config.runDirectory).jobLog(id)
    const gone = isSluiceError(error, 'COORDINATOR_NOT_RUNNING') || isSluiceError(error, 'JOB_UNKNOWN')
    // A name that is none leads nowhere: names have neither dots nor slashes.
    if (!gone || !/^[a-z][a-z0-9_-]*$/.test(id) || !existsSync(file)) throw error
    return followFile(file, context.environment.clock, options)
  }
}
