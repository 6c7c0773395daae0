/** `runtime list`: the jobs of every coordinator on the data directory. */
import type { JobSummary } from '../../topology/contract/job-detail.ts'
import type { CommandContext } from './command-context.ts'
import { ExitCode } from './exit-code.ts'
import { openCoordinators } from './open-job.ts'
import { textTable } from './text-table.ts'
import { formatElapsed, formatTime } from './units.ts'

export async function run(context: CommandContext): Promise<number> {
  const { session, jobs } = await openCoordinators(context)
  const told = await Promise.all([session, ...jobs].map(async (each) => (await each?.client.jobs()) ?? []))
  // The session's jobs have coordinators of their own: what the session says of them comes first, and counts.
  const byId = new Map(told.flat().map((job) => [job.id, job]))
  for (const job of told[0]!) byId.set(job.id, job)
  const found = [...byId.values()].sort((a, b) => b.startedAtMs - a.startedAtMs)
  if (context.format === 'json') context.printJson(found)
  else if (found.length === 0) context.print('No job runs.')
  else context.print(tableOf(found))
  return ExitCode.ok
}

function tableOf(jobs: readonly JobSummary[]): string {
  const rows = jobs.map((job) => [
    job.id,
    job.state,
    String(job.parallelism),
    String(job.workers),
    String(job.restarts),
    formatTime(job.startedAtMs),
    formatElapsed(job.durationMs),
  ])
  const head = ['job', 'state', 'parallelism', 'workers', 'restarts', 'started', 'for']
  return textTable(head, rows, { alignRight: new Set([2, 3, 4, 6]) })
}
