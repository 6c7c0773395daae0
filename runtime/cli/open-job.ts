/** Finds whom a command has to ask: the session, or a job's own coordinator. */
import { SluiceError } from '../../topology/errors.ts'
import { jobUnknown } from '../control/control-errors.ts'
import {
  type FindOptions,
  type FoundCoordinators,
  findCoordinator,
  findCoordinators,
} from '../control/find-coordinator.ts'
import type { RestClient } from '../control/rest/rest-client.ts'
import type { CommandContext } from './command-context.ts'

/**
 * Who has the job: the session, which knows more of it than its coordinator does, or else its coordinator.
 *
 * @throws {SluiceError} `JOB_UNKNOWN` with the nearest name; `COORDINATOR_NOT_RUNNING` when nobody is there at all;
 * `COORDINATOR_SILENT`
 */
export async function openJob(context: CommandContext, id: string): Promise<RestClient> {
  const options = await findOptions(context)
  const session = await findCoordinator(null, options)
  const ofSession = (await session?.client.jobs()) ?? []
  if (session !== undefined && ofSession.some((job) => job.id === id)) return session.client
  const own = await findCoordinator(id, options)
  if (own !== undefined) return own.client
  const { jobs } = await findCoordinators(options)
  const known = [...ofSession.map((job) => job.id), ...jobs.map(({ announcement }) => announcement.job!)]
  if (session !== undefined || known.length > 0) throw jobUnknown(id, known)
  throw new SluiceError(
    'COORDINATOR_NOT_RUNNING',
    `no job runs on ${await dataDirOf(context)}, so none is called ${id}`,
    {
      fix: 'Submit it first, or name another data directory with --data-dir or SLUICE_DATA_DIR.',
      details: { job: id },
    },
  )
}

/** @throws {SluiceError} `SESSION_NOT_RUNNING`, `COORDINATOR_SILENT` */
export async function openSession(context: CommandContext) {
  const session = await findCoordinator(null, await findOptions(context))
  if (session !== undefined) return session
  throw new SluiceError('SESSION_NOT_RUNNING', `no session runs on ${await dataDirOf(context)}`, {
    fix: 'Start one with `runtime start`, or name another data directory with --data-dir or SLUICE_DATA_DIR.',
  })
}

/** All there are; of one that does not answer standard error tells. */
export async function openCoordinators(context: CommandContext): Promise<FoundCoordinators> {
  const found = await findCoordinators(await findOptions(context))
  for (const { message } of found.silent) context.environment.stderr.write(`warning: ${message}\n`)
  return found
}

export async function findOptions(context: CommandContext): Promise<FindOptions> {
  const { config } = await context.config()
  const { clock, signal } = context.environment
  return { run: config.runDirectory, clock, signal }
}

async function dataDirOf(context: CommandContext): Promise<string> {
  return (await context.config()).config.dataDir
}
