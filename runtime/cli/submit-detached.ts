/** `runtime submit JOB.ts --detached`: hands a job to the session. */
import { resolve } from 'node:path'
import type { SubmitRequest } from '../../topology/contract/job-control.ts'
import type { CommandContext } from './command-context.ts'
import { ExitCode } from './exit-code.ts'
import { openSession } from './open-job.ts'
import { usageError } from './usage-error.ts'

export async function run(context: CommandContext): Promise<number> {
  const { client } = await openSession(context)
  const job = await client.submit(requestOf(context))
  if (context.format === 'json') context.printJson(job)
  else context.print(`job ${job.id} ${job.state}; \`runtime info ${job.id}\` shows how it gets on`)
  return ExitCode.ok
}

/** Paths as they are meant here; the session has another directory. */
function requestOf(context: CommandContext): SubmitRequest {
  const { cwd } = context.environment
  const fromSavepoint = context.option('from-savepoint')
  const from = context.option('from')
  const until = context.option('until') ?? (context.has('batch') ? 'latest' : undefined)
  if (context.has('drain') && until === undefined) throw usageError('--drain goes with --until or --batch', 'submit')
  // What is the session's own: it was found by that.
  const { SLUICE_DATA_DIR: _, PARALLELISM: parallelism, WORKERS: workers, ...settings } = context.flags()
  return {
    file: resolve(cwd, context.positionals[0]!),
    ...(parallelism === undefined ? {} : { parallelism: Number(parallelism) }),
    ...(workers === undefined ? {} : { workers: Number(workers) }),
    ...(Object.keys(settings).length === 0 ? {} : { settings }),
    ...(fromSavepoint === undefined ? {} : { fromSavepoint: absolute(fromSavepoint, cwd) }),
    ...(context.has('allow-non-restored-state') ? { allowNonRestoredState: true } : {}),
    ...(context.has('allow-rewind') ? { allowRewind: true } : {}),
    ...(from === undefined ? {} : { from }),
    ...(until === undefined ? {} : { until }),
    ...(context.has('drain') || context.has('batch') ? { drain: true } : {}),
  }
}

/** A URI stays what it is. */
function absolute(location: string, cwd: string): string {
  return /^[a-z][a-z0-9+.-]*:\/\//.test(location) ? location : resolve(cwd, location)
}
